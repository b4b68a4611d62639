/** Makes a guest's text safe for a person to read. */
import { withoutControls } from './controls.js';
import { OptionReader } from './options/option-reader.js';

/**
 * Replaces each character that drives a terminal or changes the order of text by U+FFFD. Keeps the length.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function printable(text: string): string {
  if (typeof text !== 'string') new OptionReader('ERR_BAD_OPTION', 'printable').fail('text', 'a string', text);
  return withoutControls(text);
}
