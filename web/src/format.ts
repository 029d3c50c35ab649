const locale = "en";

/** Number of decimals of a currency's minor unit: UGX 0, USD 2. */
function exponent(currency: string): number {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Formats minor units of a currency, exactly: no figure passes through a float. */
export function money(minor: bigint, currency: string): string {
  const places = exponent(currency);
  const sign = minor < 0n ? "-" : "";
  const digits = (minor < 0n ? -minor : minor).toString().padStart(places + 1, "0");
  const decimal = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  // A decimal string keeps all its digits; the DOM types know only numbers.
  return new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "code" })
    .format(`${sign}${decimal}` as unknown as number)
    .replace(/\u00a0/g, " ");
}

/** Reads an amount that a person wrote in major units into minor units, or undefined if it is none. */
export function parseMoney(text: string, currency: string): bigint | undefined {
  const places = exponent(currency);
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text.replace(/[,\s]/g, ""));
  if (!match || (match[2] ?? "").length > places) {
    return undefined;
  }
  return BigInt(match[1]! + (match[2] ?? "").padEnd(places, "0"));
}

/** Writes minor units in major units without the currency, as parseMoney reads them. */
export function plainMoney(minor: bigint, currency: string): string {
  const places = exponent(currency);
  const digits = minor.toString().padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Basis points as percent; a ratio without a denominator is a dash. */
export function percent(bp: bigint | undefined): string {
  return bp === undefined ? "–" : `${(Number(bp) / 100).toFixed(1)} %`;
}

/** Basis points as a signed change in percent. */
export function change(bp: bigint | undefined): string {
  return bp === undefined ? "–" : `${bp > 0n ? "+" : ""}${(Number(bp) / 100).toFixed(1)} %`;
}

/** A whole number with separators. */
export function count(n: bigint | number): string {
  return new Intl.NumberFormat(locale).format(n);
}

/** A quantity with at most three decimals. */
export function quantity(n: number): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(n);
}

/** The month of today, `YYYY-MM`. */
export function thisMonth(now = new Date()): string {
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}`;
}
