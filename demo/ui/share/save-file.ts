/** Hands a file to the person. */
export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Some browsers begin to read the file only later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
