/** Some browsers call their language `en-US@posix`, which no number format understands; uPlot stops at it while it is being loaded. */
export function ensureValidLanguage(): void {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
  }
}
