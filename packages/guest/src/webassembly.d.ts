/** What is used here of WebAssembly's JavaScript interface, which Node has and @types/node 20 does not describe. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }
}
