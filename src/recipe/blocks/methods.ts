/**
 * The method blocks of `algorithm`, by key. To add a method, export its block from its own file under `src/algorithms/` and list it here:
 *
 *     import { clipCovBlock } from '../../algorithms/clip-cov.ts';
 *     export const methodBlocks = { clip_cov: clipCovBlock };
 *
 * A block is a strict object, `.nullable().default(null)`, with `.meta({ description })`: null is off, `{}` is on with defaults.
 */
export const methodBlocks = {};
