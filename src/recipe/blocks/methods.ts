/**
 * The method blocks of `algorithm`, by key. A method's block stands in its own file under `src/algorithms/` and is listed in `methods.ts` there.
 *
 * A block is a strict object, `.nullable().default(null)`, with `.meta({ description })`: null is off, `{}` is on with defaults.
 */
export { methodBlocks } from '../../algorithms/methods.ts';
