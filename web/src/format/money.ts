import { decimal, locale } from "./number";

/**
 * Decimals of ISO 4217's minor units where they aren't 2. Intl can't be asked: it knows how many decimals people write, which
 * for IDR or HUF is 0, though their minor unit is a hundredth.
 */
const exponents: ReadonlyMap<string, number> = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"].map(
    (code) => [code, 0] as const,
  ),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((code) => [code, 3] as const),
  ...["CLF", "UYW"].map((code) => [code, 4] as const),
]);

/** Number of decimals of a currency's minor unit: UGX 0, USD 2. */
export const exponent = (currency: string): number => exponents.get(currency) ?? 2;

const formats = new Map<string, Intl.NumberFormat>();

/** Formats are kept: making one costs far more than using it, and a table uses hundreds. */
function format(currency: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const places = exponent(currency);
  const key = `${currency} ${options.style}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.NumberFormat(locale, { ...options, minimumFractionDigits: places, maximumFractionDigits: places });
    formats.set(key, made);
  }
  return made;
}

/** Minor units with their currency: 59600 as UGX 59,600. */
export function money(minor: bigint, currency: string): string {
  const shown = format(currency, { style: "currency", currency, currencyDisplay: "code" }).format(decimal(minor, exponent(currency)));
  return shown.replace(/\u00a0/g, " ");
}

/** Minor units without their currency, for tables that name it once. */
export function amount(minor: bigint, currency: string): string {
  return format(currency, { style: "decimal" }).format(decimal(minor, exponent(currency)));
}

/** Minor units as an approximate number of major units, for the geometry and the axis of a chart only. */
export const approximate = (minor: bigint, currency: string): number => Number(decimal(minor, exponent(currency)));

const most = 2n ** 63n - 1n; // int64 on the wire

/** Reads an amount that a person wrote in major units into minor units; undefined if it isn't one. */
export function parseMoney(text: string, currency: string): bigint | undefined {
  const places = exponent(currency);
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text.replace(/[,\s]/g, ""));
  if (!match || (match[2] ?? "").length > places) {
    return undefined;
  }
  const minor = BigInt(match[1]! + (match[2] ?? "").padEnd(places, "0"));
  return minor > most ? undefined : minor;
}
