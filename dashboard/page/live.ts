/** Hears from the server what changed. The browser takes up a broken connection by itself, and says where it was. */
import type { Happening } from '../api.ts';

export type LiveState = 'live' | 'waiting';

export interface Live {
  /** Until the signal. */
  listen(listener: (happening: Happening) => void, signal: AbortSignal): void;
}

/** @param onState told whenever the connection comes or goes */
export function connect(onState: (state: LiveState) => void): Live {
  const listeners = new Set<(happening: Happening) => void>();
  const tell = (happening: Happening): void => {
    for (const listener of listeners) listener(happening);
  };
  const open = (): EventSource => {
    const source = new EventSource('/api/events');
    source.addEventListener('hello', () => onState('live'));
    source.addEventListener('error', () => onState('waiting'));
    source.addEventListener('change', ({ data }: MessageEvent<string>) => tell(JSON.parse(data)));
    return source;
  };
  let source = open();
  // A browser has six connections to a server for all of its tabs: hidden tabs leave them to the others.
  document.addEventListener('visibilitychange', () => {
    source.close();
    if (document.hidden) return;
    source = open();
    tell({ kind: 'reset' });
  });
  return {
    listen(listener, signal) {
      listeners.add(listener);
      signal.addEventListener('abort', () => listeners.delete(listener));
    },
  };
}
