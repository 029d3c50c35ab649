/** The language of the dashboard's texts, and so of its figures. */
export const locale = "en-GB";

/** Stands where a figure is absent, such as a ratio without a denominator. */
export const absent = "–";

/** Writes an integer of 10^-places as a decimal. Intl keeps all digits of such a string, where a number would lose some. */
export function decimal(n: bigint, places: number): `${number}` {
  const digits = (n < 0n ? -n : n).toString().padStart(places + 1, "0");
  const split = digits.length - places;
  const text = places === 0 ? digits : `${digits.slice(0, split)}.${digits.slice(split)}`;
  return `${n < 0n ? "-" : ""}${text}` as `${number}`;
}

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const thousandths = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
const hundredths = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const signedHundredths = new Intl.NumberFormat(locale, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});
// Not en-GB, whose short million is an m.
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A whole number with separators. */
export const count = (n: bigint | number): string => whole.format(n);

/** A quantity with at most three decimals. */
export const quantity = (n: number): string => thousandths.format(n);

/** A rounded number that fits an axis: 40,000,000 as 40M. */
export const compact = (n: number): string => short.format(n);

/** Basis points as percent: 3657 as 36.57%. */
export const percent = (bp: bigint | undefined): string => (bp === undefined ? absent : `${hundredths.format(decimal(bp, 2))}%`);

/** Basis points as a signed change: 500 as +5.00%. */
export const change = (bp: bigint | undefined): string => (bp === undefined ? absent : `${signedHundredths.format(decimal(bp, 2))}%`);

/** The difference of two ratios in basis points, as percentage points: 20 as +0.20 pp. */
export const points = (bp: bigint | undefined): string => (bp === undefined ? absent : `${signedHundredths.format(decimal(bp, 2))} pp`);
