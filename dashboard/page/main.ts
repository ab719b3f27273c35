/** The frame of all pages: navigation, appearance, state of the connection, and the page of the address. */
import { apply, onAppearance, toggleAppearance } from './appearance.ts';
import { sentenceOf } from './ask.ts';
import { h, link } from './dom.ts';
import { connect } from './live.ts';
import { printPage } from './print.ts';
import { pages } from './registry.ts';
import { pageQuery, remark } from './view.ts';

const main = h('main', { id: 'main', tabindex: -1 });
const state = h('span', { class: 'live', role: 'status' });
const live = connect((now) => {
  state.dataset.state = now;
  state.textContent = now === 'live' ? 'Live' : 'Reconnecting …';
});
const navigation = pages
  .filter(({ path, under }) => path === under)
  .map((entry) => ({ path: entry.path, element: link(entry.path, entry.title) }));
const toggle = h('button', { class: 'quiet', type: 'button', onclick: toggleAppearance });
onAppearance((now) => {
  toggle.textContent = now === 'dark' ? 'Light' : 'Dark';
  toggle.setAttribute('aria-label', now === 'dark' ? 'Light appearance' : 'Dark appearance');
});

document.body.append(
  h('a', { class: 'skip', href: '#main' }, 'Skip to content'),
  h(
    'header',
    { class: 'bar' },
    h(
      'a',
      { class: 'brand', href: '/studies' },
      h('img', { src: '/icon.svg', alt: '', width: 20, height: 20 }),
      'wide-optima',
    ),
    h('nav', { 'aria-label': 'Pages' }, ...navigation.map(({ element }) => element)),
    state,
    h('button', { class: 'quiet', type: 'button', onclick: () => void printPage() }, 'Print'),
    toggle,
  ),
  main,
);
apply();

let leave = new AbortController();

async function showPage(): Promise<void> {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const path = location.pathname === '/' ? pages[0].path : location.pathname;
  const entry = pages.find((page) => page.path === path);
  for (const item of navigation) {
    if (item.path === entry?.under) item.element.setAttribute('aria-current', 'page');
    else item.element.removeAttribute('aria-current');
  }
  document.title = `${entry?.title ?? 'Nothing here'} · wide-optima`;
  const root = h('div', { class: 'page' });
  main.replaceChildren(root);
  if (entry === undefined) {
    root.append(h('h1', {}, 'Nothing here'), remark('The dashboard has no such page. Choose one above.'));
    return;
  }
  main.setAttribute('aria-busy', 'true');
  try {
    const { page } = await entry.load();
    if (signal.aborted) return;
    await page.show({ root, query: pageQuery, signal, onChange: (listener) => live.listen(listener, signal) });
  } catch (error) {
    if (signal.aborted) return;
    // Replaces the panels of the page, which would wait for ever.
    root.replaceChildren(h('h1', {}, entry.title), h('p', { class: 'problem', role: 'alert' }, sentenceOf(error)));
  } finally {
    if (!signal.aborted) main.removeAttribute('aria-busy');
  }
}

function open(address: string): void {
  history.pushState(null, '', address);
  void showPage().then(() => main.focus({ preventScroll: true }));
  scrollTo(0, 0);
}

// Plain clicks on own links change the page in place. The browser handles all others.
document.addEventListener('click', (event) => {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  ) {
    return;
  }
  const anchor = event.target instanceof Element ? event.target.closest('a') : null;
  if (anchor === null || anchor.origin !== location.origin || anchor.hasAttribute('download')) return;
  if (anchor.getAttribute('href')?.startsWith('#')) return;
  event.preventDefault();
  open(anchor.href);
});
addEventListener('popstate', () => void showPage());
void showPage();
