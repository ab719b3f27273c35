/** Lets timers, messages and pages go on before the caller does: also in a browser, which has no `setImmediate`. */
export async function nextTurn(): Promise<void> {
  if (typeof setImmediate === 'function') {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    return;
  }
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.addEventListener('message', () => resolve(), { once: true });
    port1.start();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the rule means windows
    port2.postMessage(null);
  });
  port1.close();
}
