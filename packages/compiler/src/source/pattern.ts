/** Escapes text for a regular expression that matches exactly this text, which also esbuild's Go reads. */
export const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
