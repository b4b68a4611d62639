/** Text of a guest for a person to read. */
import { withoutControls } from './controls.js';
import { Reader } from './validate.js';

/**
 * With U+FFFD for each character that drives a terminal or changes the order of text. The length stays.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function printable(text: string): string {
  if (typeof text !== 'string') new Reader('ERR_BAD_OPTION', 'printable').fail('text', 'a string', text);
  return withoutControls(text);
}
