/** Sources of the programs of the proof. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const guide = fileURLToPath(new URL('../../../docs/guide', import.meta.url));

/** A file from a page of the guide: a block that is marked `file=NAME`. */
export function guideFile(page: string, name: string): string {
  const text = readFileSync(join(guide, page), 'utf8');
  const block = new RegExp(`^\`\`\`\\w+ file=${name.replaceAll('.', '\\.')}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text);
  if (block === null) throw new Error(`${page} has no file ${name}`);
  return block[1]!;
}
