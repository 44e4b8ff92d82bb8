// matmul-params: one product, each operand addressed as offset + row · rowStride + column · columnStride.

struct Params {
  M: u32,
  N: u32,
  K: u32,
  aOffset: u32,
  aRow: u32,
  aColumn: u32,
  bOffset: u32,
  bRow: u32,
  bColumn: u32,
  addendOffset: u32,
  addendRow: u32,
  outOffset: u32,
  outRow: u32,
  useAddend: u32,
  accumulate: u32,
}
