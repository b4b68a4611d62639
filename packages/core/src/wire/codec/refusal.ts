/** The reason and path of a value that cannot cross. The outermost call turns it into an ERR_NOT_SERIALIZABLE. */
export class Refusal {
  path = '';
  constructor(
    readonly reason: string,
    readonly cause?: unknown,
  ) {}
}
