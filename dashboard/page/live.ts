/** Receives events of the server. The browser reconnects by itself, and sends the id of the last event. */
import type { Happening } from '../api.ts';

export type LiveState = 'live' | 'waiting';

export interface Live {
  /** Calls the listener until the signal aborts. */
  listen(listener: (happening: Happening) => void, signal: AbortSignal): void;
}

/** @param onState called whenever the connection is made or lost */
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
  // A browser has six connections to a server for all tabs, so hidden tabs close theirs.
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
