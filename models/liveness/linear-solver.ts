/**
 * Solves the symmetric positive definite system `matrix · x = right` by Cholesky decomposition, and writes x to `right`.
 * `matrix` is square, row after row; only its lower half is read. Returns false if it is not positive definite.
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array): boolean {
  const size = right.length;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      const value = (matrix[row * size + column] as number) - dotRows(matrix, size, row, column);
      if (row === column && !(value > 0)) return false;
      const divisor = row === column ? Math.sqrt(value) : (matrix[column * size + column] as number);
      matrix[row * size + column] = value / divisor;
    }
  }
  substitute(matrix, right);
  return true;
}

/** The dot product of two rows, up to `column`. */
function dotRows(matrix: Float64Array, size: number, row: number, column: number): number {
  let sum = 0;
  for (let k = 0; k < column; k++) sum += (matrix[row * size + k] as number) * (matrix[column * size + k] as number);
  return sum;
}

/** Forward substitution with the triangle, then back substitution with its transpose. */
function substitute(lower: Float64Array, right: Float64Array): void {
  const size = right.length;
  for (let row = 0; row < size; row++) {
    let value = right[row] as number;
    for (let k = 0; k < row; k++) value -= (lower[row * size + k] as number) * (right[k] as number);
    right[row] = value / (lower[row * size + row] as number);
  }
  for (let row = size - 1; row >= 0; row--) {
    let value = right[row] as number;
    for (let k = row + 1; k < size; k++) value -= (lower[k * size + row] as number) * (right[k] as number);
    right[row] = value / (lower[row * size + row] as number);
  }
}
