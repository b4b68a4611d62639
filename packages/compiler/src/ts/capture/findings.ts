/** The refusals and warnings of a capture. */
import type { Rule } from '../../refusals/index.js';
import type { Refusal } from '../../refusals/refusal.js';
import type { Step } from '../../source/chain.js';
import { showPlace } from '../../source/place.js';
import type { Node, Parsed } from '../syntax/parse.js';

export class Findings {
  readonly refusals: Refusal[] = [];
  readonly warnings: string[] = [];

  constructor(
    private readonly parsed: Parsed,
    private readonly virtine: string,
  ) {}

  /** The place of the refusal is the end of the chain. */
  refuse(rule: Rule, subject: string, chain: readonly Step[], message: string, advice: string): void {
    const { line, column, file } = chain[chain.length - 1]!;
    this.refusals.push({ rule, virtine: this.virtine, subject, message, advice, chain, file, line, column });
  }

  warn(node: Node, text: string): void {
    this.warnings.push(`${this.placeOf(node)}: virtine \`${this.virtine}\`: ${text}`);
  }

  /** `file:line:column`. */
  placeOf(node: Node): string {
    return showPlace(this.parsed.lines.at(node.start));
  }

  /** The chain with a last step at `node`. */
  extend(chain: readonly Step[], name: string, node: Node): readonly Step[] {
    return [...chain, { name, ...this.parsed.lines.at(node.start) }];
  }
}
