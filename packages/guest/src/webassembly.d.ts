/**
 * The part of WebAssembly's JavaScript interface that this package uses. Node has it, and @types/node 20 does not
 * describe it.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }
}
