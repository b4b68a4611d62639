// Counts the result lines of the emulated machine, and shows the other lines as progress.

export class Report {
  passed = 0;
  failed = 0;
  skipped = 0;
  #partial = '';

  /** @param {Buffer | string} chunk */
  take(chunk) {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  /** @param {string} line */
  line(line) {
    if (/^PASSED /.test(line)) this.passed += 1;
    else if (/^FAILED /.test(line)) this.failed += 1;
    else if (/^SKIPPED /.test(line)) this.skipped += 1;
    // Thousands of anonymous passes are not shown; passes with a name are.
    if (!/^PASSED a test( case)?$/.test(line)) console.log(line);
  }

  end() {
    if (this.#partial !== '') this.take('\n');
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
  }
}
