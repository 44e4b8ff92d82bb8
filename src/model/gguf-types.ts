/** The storage types of GGUF: how many numbers a block holds, and in how many bytes. */

export interface GgufType {
  readonly name: string;
  /** Numbers of a block. */
  readonly block: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Whether Entrain can turn it into float32. */
  readonly isReadable: boolean;
}

const readable = (name: string, block: number, bytes: number): GgufType => ({ name, block, bytes, isReadable: true });
const known = (name: string, block: number, bytes: number): GgufType => ({ name, block, bytes, isReadable: false });

/** By their number in files. */
export const GGUF_TYPES: ReadonlyMap<number, GgufType> = new Map([
  [0, readable('F32', 1, 4)],
  [1, readable('F16', 1, 2)],
  [2, readable('Q4_0', 32, 18)],
  [3, readable('Q4_1', 32, 20)],
  [6, readable('Q5_0', 32, 22)],
  [7, readable('Q5_1', 32, 24)],
  [8, readable('Q8_0', 32, 34)],
  [9, known('Q8_1', 32, 36)],
  [10, known('Q2_K', 256, 84)],
  [11, known('Q3_K', 256, 110)],
  [12, readable('Q4_K', 256, 144)],
  [13, readable('Q5_K', 256, 176)],
  [14, readable('Q6_K', 256, 210)],
  [15, known('Q8_K', 256, 292)],
  [16, known('IQ2_XXS', 256, 66)],
  [17, known('IQ2_XS', 256, 74)],
  [18, known('IQ3_XXS', 256, 98)],
  [19, known('IQ1_S', 256, 50)],
  [20, known('IQ4_NL', 32, 18)],
  [21, known('IQ3_S', 256, 110)],
  [22, known('IQ2_S', 256, 82)],
  [23, known('IQ4_XS', 256, 136)],
  [24, known('I8', 1, 1)],
  [25, known('I16', 1, 2)],
  [26, known('I32', 1, 4)],
  [27, known('I64', 1, 8)],
  [28, known('F64', 1, 8)],
  [29, known('IQ1_M', 256, 56)],
  [30, readable('BF16', 1, 2)],
  [34, known('TQ1_0', 256, 54)],
  [35, known('TQ2_0', 256, 66)],
  [39, known('MXFP4', 32, 17)],
]);

export const READABLE_TYPES: readonly string[] = [...GGUF_TYPES.values()].filter(({ isReadable }) => isReadable).map(({ name }) => name);

const BY_NAME: ReadonlyMap<string, GgufType & { readonly number: number }> = new Map([...GGUF_TYPES].map(([number, type]) => [type.name, { ...type, number }]));

/** A type by its name, as in `TensorEntry.dtype`, with its number. */
export function ggufTypeNamed(name: string): (GgufType & { readonly number: number }) | undefined {
  return BY_NAME.get(name);
}
