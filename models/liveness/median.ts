/** The median of some numbers. Changes their order (Hoare's quickselect). */
export function medianOf(values: Float32Array): number {
  const middle = values.length >> 1;
  for (let [from, to] = [0, values.length - 1]; from < to; ) {
    const [least, most] = parted(values, from, to);
    if (middle <= most) to = most;
    else if (middle >= least) from = least;
    else break;
  }
  return values[middle] ?? 0;
}

/** Moves the numbers below a pivot to the front. Returns where the larger ones begin and where the smaller ones end. */
function parted(values: Float32Array, from: number, to: number): readonly [number, number] {
  const pivot = values[(from + to) >> 1] as number;
  let [low, high] = [from, to];
  while (low <= high) {
    while ((values[low] as number) < pivot) low++;
    while ((values[high] as number) > pivot) high--;
    if (low > high) break;
    const value = values[low] as number;
    values[low++] = values[high] as number;
    values[high--] = value;
  }
  return [low, high];
}
