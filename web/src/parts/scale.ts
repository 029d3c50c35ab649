/** Round numbers from 0 to at least the highest value, in at most five steps. */
export function ticks(highest: number): number[] {
  if (!(highest > 0)) {
    return [0, 1];
  }
  const magnitude = 10 ** Math.floor(Math.log10(highest / 5));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * magnitude).find((n) => n * 5 >= highest) ?? 10 * magnitude;
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, i) => i * step);
}
