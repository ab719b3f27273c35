/**
 * Cuts what comes in pieces into whole items.
 * @param size bytes of an item, at least 1
 * @param take gets one or more whole items, which may change after the call, and the byte at which the first one begins
 * @returns takes the next piece; the bytes of an item that is not whole yet are kept for the one after
 */
export function wholeItems(size: number, take: (items: Uint8Array, at: number) => void): (piece: Uint8Array) => void {
  const item = new Uint8Array(size);
  let kept = 0;
  let at = 0;
  const hand = (items: Uint8Array): void => {
    if (items.length === 0) return;
    take(items, at);
    at += items.length;
  };
  return (piece) => {
    let from = 0;
    if (kept > 0) {
      from = Math.min(size - kept, piece.length);
      item.set(piece.subarray(0, from), kept);
      kept += from;
      if (kept < size) return;
      hand(item);
    }
    const rest = (piece.length - from) % size;
    hand(piece.subarray(from, piece.length - rest));
    item.set(piece.subarray(piece.length - rest));
    kept = rest;
  };
}
