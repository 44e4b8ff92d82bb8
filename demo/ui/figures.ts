/** Numbers as people read them. */

/** `12 %`, `0.4 %`; a narrow no-break space keeps number and sign together. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = share * 100;
  return `${value >= 9.95 || value < 0.05 ? Math.round(value) : value.toFixed(1)}\u202f%`;
}

/** A fixed number of decimals, or a dash where there is no number. */
export function decimals(value: number | undefined, places = 2): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(places).replace('-', '−');
}

/** Four significant digits, for tables and tooltips. */
export function digits4(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(4)));
  return text.replaceAll('-', '−');
}

/** `1,234`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `45 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const all = Math.round(seconds);
  const [minutes, rest] = [Math.floor(all / 60), all % 60];
  if (minutes === 0) return `${rest}\u202fs`;
  return rest === 0 ? `${minutes}\u202fmin` : `${minutes}\u202fmin ${rest}\u202fs`;
}

/** Two significant digits with the sign before them: `+0.0016`, `−0.00069`. */
export function signedShort(value: number): string {
  const text = digits4(Number(value.toPrecision(2))).replace(/0+e/, 'e');
  return value > 0 ? `+${text}` : text;
}
