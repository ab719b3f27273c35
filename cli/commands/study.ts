/** `npm run study`: looks into the studies that a search has left, takes them elsewhere, and clears them away. */
import type { CommandGroup } from '../command.ts';
import { add } from '../study/add.ts';
import { best } from '../study/best.ts';
import { deleteStudy } from '../study/delete.ts';
import { exportStudy } from '../study/export.ts';
import { importStudy } from '../study/import.ts';
import { list } from '../study/list.ts';
import { copy, merge, rename } from '../study/manage.ts';
import { optimizeStudy } from '../study/optimize.ts';
import { replay } from '../study/replay.ts';
import { show } from '../study/show.ts';
import { trials } from '../study/trials.ts';

export const study: CommandGroup = {
  name: 'study',
  summary: 'list, show, replay, import, merge, export and delete studies, and search the parameters of any program',
  commands: [
    list,
    show,
    best,
    trials,
    replay,
    add,
    exportStudy,
    importStudy,
    copy,
    merge,
    rename,
    deleteStudy,
    optimizeStudy,
  ],
};
