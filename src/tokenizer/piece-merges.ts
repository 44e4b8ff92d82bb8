/** Merges in the order that pieces with scores ask for. */

export interface Piece {
  readonly text: string;
  readonly id: number;
  readonly score: number;
}

/**
 * Lists every way to put a piece together of two others, the piece of the highest score first.
 *
 * Where scores are equal, shorter parts come later, as their lengths then stand in the reference's order; parts of equal lengths keep the
 * order of their ids.
 *
 * @source transformers, `convert_slow_tokenizer.py`, `generate_merges`
 */
export function mergesOfPieces(pieces: readonly Piece[]): [string, string][] {
  const idOf = new Map(pieces.map(({ text, id }) => [text, id]));
  const merges = pieces.flatMap(({ text, score }) => {
    if (text.length > LONGEST_PIECE) return [];
    const parts: { left: string; right: string; leftId: number; rightId: number; score: number }[] = [];
    for (let cut = 1; cut < text.length; cut++) {
      const [left, right] = [text.slice(0, cut), text.slice(cut)];
      const [leftId, rightId] = [idOf.get(left), idOf.get(right)];
      if (leftId !== undefined && rightId !== undefined) parts.push({ left, right, leftId, rightId, score });
    }
    return parts.sort((a, b) => a.leftId - b.leftId || a.rightId - b.rightId);
  });
  merges.sort((a, b) => b.score - a.score || lengthOf(b.left) - lengthOf(a.left) || lengthOf(b.right) - lengthOf(a.right));
  return merges.map(({ left, right }) => [left, right]);
}

/** Trained pieces have at most sixteen characters; a longer text in the list is never put together. */
const LONGEST_PIECE = 256;

/** In code points, as the reference counts. */
function lengthOf(text: string): number {
  return [...text].length;
}
