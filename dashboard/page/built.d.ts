/** Address of the kernels, which the build puts beside the page. */
declare module '#kernels.wasm?url' {
  const address: string;
  export default address;
}

/** A worker whose code is a part of the script. */
declare module '#draw-worker?inline' {
  const Inlined: new () => Worker;
  export default Inlined;
}

declare module '*.css';
