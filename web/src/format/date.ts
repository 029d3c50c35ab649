import { locale } from "./number";

// A civil date has no time zone. It is read as midnight UTC and shown in UTC, so that no viewer sees the day before.
const civil = (date: string): Date => new Date(`${date}T00:00:00Z`);
const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });

const full = format({ day: "numeric", month: "short", year: "numeric" });
const monthly = format({ month: "long", year: "numeric" });
const dayMonth = format({ day: "numeric", month: "short" });
const weekdayDay = format({ weekday: "short", day: "numeric" });
const instant = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });

/** A civil date: 2026-11-08 as 8 Nov 2026. */
export const date = (day: string): string => full.format(civil(day));

/** A civil date on a long axis: 2026-11-08 as 8 Nov. */
export const shortDate = (day: string): string => dayMonth.format(civil(day));

/** A civil date on a short axis: 2026-11-08 as Sun 8. */
export const weekday = (day: string): string => weekdayDay.format(civil(day));

/** A span of civil dates: 17 – 23 Nov 2026. The spaces differ from one version of the locale data to the next. */
export const dates = (start: string, end: string): string => full.formatRange(civil(start), civil(end)).replace(/\s*–\s*/, " – ");

/** A month: 2026-11 as November 2026. */
export const month = (period: string): string => monthly.format(civil(`${period}-01`));

/** An instant in the viewer's own time zone. */
export const time = (at: Date): string => instant.format(at);

/** The month so many months later: 2026-11 and 2 give 2027-01. */
export function addMonths(period: string, months: number): string {
  const first = civil(`${period}-01`);
  first.setUTCMonth(first.getUTCMonth() + months);
  return first.toISOString().slice(0, 7);
}
