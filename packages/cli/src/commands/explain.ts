import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ModuleOutput } from '@colony/compiler';
import { EXIT, type ExitStatus } from '../exit.js';
import { inputFile } from '../input/file.js';
import { readArguments } from '../input/options.js';
import { compileVirtines, type SynthesisFlags } from '../synthesis.js';

export interface ExplainOptions extends SynthesisFlags {
  readonly json?: boolean;
  readonly html?: string;
  /** Makes contexts and reports their costs, which vary between runs. */
  readonly measure?: boolean;
  readonly args?: string;
  readonly backend?: string;
}

/** A refusal's code as in messages. No file with virtines has such a name. */
const REFUSAL = /^REF-\d+$/i;

export async function explainCommand(file: string, options: ExplainOptions): Promise<ExitStatus> {
  if (REFUSAL.test(file)) return await explainRefusal(file, options);
  await inputFile('explain', file);
  const { refusalsIn, reportHtml, reportJson, reportText } = await import('@colony/compiler');
  const { html } = options;
  try {
    const output = await compileVirtines(file, options);
    const { virtines } = output;
    if (html !== undefined) await writeFile(html, reportHtml(virtines));
    if (options.json) process.stdout.write(reportJson(virtines));
    else if (html === undefined) process.stdout.write(reportText(virtines));
    if (options.measure) await measure(file, output, options);
    return EXIT.ok;
  } catch (error) {
    // The page also shows the refusals; the command still fails.
    const refusals = refusalsIn(error);
    if (html !== undefined && refusals !== undefined) await writeFile(html, reportHtml([], refusals));
    throw error;
  }
}

async function explainRefusal(code: string, { json = false }: ExplainOptions): Promise<ExitStatus> {
  const { refusalPage, refusalText } = await import('@colony/compiler');
  const page = refusalPage(code);
  process.stdout.write(json ? `${JSON.stringify(page, null, 2)}\n` : refusalText(page));
  return EXIT.ok;
}

/**
 * Prints measurements for people, also beside JSON. They are not part of the report, because the report is
 * reproducible.
 */
async function measure(
  file: string,
  { virtines, descriptors, native }: ModuleOutput,
  { json = false, args = '[]', backend = 'auto' }: ExplainOptions,
): Promise<void> {
  const { measuredText, measureVirtine } = await import('@colony/compiler');
  const { measureCVirtine } = await import('@colony/compiler/c');
  const settings = { backend, args: await readArguments(args) };
  for (const [index, { name }] of virtines.entries()) {
    const measured =
      native === undefined
        ? await measureVirtine(resolve(file), descriptors[index]!, settings)
        : await measureCVirtine(native, name, settings);
    (json ? process.stderr : process.stdout).write(`\n${measuredText(name, measured)}`);
  }
}
