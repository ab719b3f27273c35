/** The part of the WebAssembly JavaScript interface that the engine uses; TypeScript ships it only with the DOM. */
declare namespace WebAssembly {
  class Module {
    /** Compiles synchronously, for small modules. */
    constructor(bytes: BufferSource);
    private readonly module: never;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    /** @returns the previous size in pages of 64 KiB */
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function compile(bytes: BufferSource): Promise<Module>;
  function instantiate(module: Module, imports: Record<string, Record<string, unknown>>): Promise<Instance>;
  type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;
}
