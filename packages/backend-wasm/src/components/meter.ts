/**
 * Bounds on what jco's glue builds on the host's side out of a guest's memory. A guest can claim a list of a million
 * strings that are all the same sixteen megabytes: the glue would copy each. So what is read is counted, as values and
 * as bytes, between one crossing of the boundary and the next.
 */
import { type GuestHost, RunEnd } from '../guest/host.js';

/** Values in one list of arguments or one result: as many as the codec takes. A list of numbers is one value. */
const MOST_VALUES = 4_194_304;
/** Beside those that the limit in bytes allows: records of a few numbers are small. */
const SPARE_VALUES = 1024;
const VALUES_PER_BYTE = 4;
/** Reads that the glue needs to write one value that the host passes in. */
const READS_PER_VALUE = 4;
const READS_BETWEEN_CHECKS = 4096;

export class Meter {
  #values = 0;
  #bytes = 0;
  #untilCheck = READS_BETWEEN_CHECKS;

  constructor(readonly host: GuestHost) {}

  /** Before the glue writes `values` of the host's into the guest, and reads what the guest makes of them. */
  start(values: number): void {
    const { output } = this.host.limits;
    this.#values = Math.min(MOST_VALUES, SPARE_VALUES + VALUES_PER_BYTE * output) + READS_PER_VALUE * (values + 4);
    this.#bytes = output;
  }

  /** One read or write of a number. @throws RunEnd ERR_LIMIT_OUTPUT, and what `interrupt` throws */
  value(): void {
    if (--this.#values < 0) this.#over('more values than a message may have');
    if (--this.#untilCheck < 0) {
      this.#untilCheck = READS_BETWEEN_CHECKS;
      this.host.interrupt();
    }
  }

  /** Bytes in a row. Their place and length were two reads that make no value of their own. */
  bytes(count: number): void {
    this.#bytes -= count;
    if (this.#bytes < 0) this.#over(`more than ${this.host.limits.output} bytes (limits.output)`);
    this.#values += 2;
  }

  #over(what: string): never {
    throw new RunEnd('ERR_LIMIT_OUTPUT', `the component sent ${what}`, { limit: this.host.limits.output });
  }
}
