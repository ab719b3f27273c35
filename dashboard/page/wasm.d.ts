/** Address of the kernels, which the build puts beside the page. */
declare module '#kernels.wasm?url' {
  const address: string;
  export default address;
}
