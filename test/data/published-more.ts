/** More small files in the shapes in which data sets are published. */
import { gzipSync } from 'node:zlib';
import { csvOf, tarOf } from './image-files.ts';
import { npy, picture, type Published } from './published.ts';
import { zipOf } from './zip.ts';

const range = (count: number): number[] => [...Array(count).keys()];
const COUNT = 12;
const pixelsOf = (label: number): number[] => range(16).map((i) => (i % 3 === label ? 255 : 9 * i));
const pixelNames = range(16).map((i) => `p${i}`);

export const morePublished: readonly Published[] = [
  {
    name: 'Plant Pathology: a column of zeros and ones for each class',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const i of range(COUNT)) files[`images/Train_${i}.jpg`] = await picture(i % 3, 24, 24);
      for (const i of range(2)) files[`images/Test_${i}.jpg`] = await picture(i, 24, 24);
      const columns = ['image_id', 'healthy', 'rust', 'scab'];
      return {
        ...files,
        'train.csv': csvOf(
          columns,
          range(COUNT).map((i) => [`Train_${i}`, Number(i % 3 === 0), Number(i % 3 === 1), Number(i % 3 === 2)]),
        ),
        'test.csv': csvOf(['image_id'], [['Test_0'], ['Test_1']]),
        'sample_submission.csv': csvOf(columns, [
          ['Test_1', 0.3, 0.3, 0.4],
          ['Test_0', 0.3, 0.3, 0.4],
        ]),
      };
    },
    shape: [24, 24, 3],
    classes: ['healthy', 'rust', 'scab'],
    labels: range(COUNT).map((i) => i % 3),
    ids: ['Test_1', 'Test_0'],
    columns: ['image_id', 'label'],
    probabilities: { columns: ['healthy', 'rust', 'scab'] },
  },
  {
    name: 'GTSRB: numbered folders, and tables of paths with a region',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const columns = ['Width', 'Height', 'Roi.X1', 'Roi.Y1', 'Roi.X2', 'Roi.Y2', 'ClassId', 'Path'];
      const row = (label: number, path: string): (string | number)[] => [24, 24, 2, 2, 20, 20, label, path];
      const [train, test]: (string | number)[][][] = [[], []];
      for (const i of range(COUNT)) {
        const path = `Train/${[0, 2, 10][i % 3]}/0000${i % 3}_${i}.png`;
        files[path] = await picture(i % 3, 24, 24, 'png');
        train.push(row([0, 2, 10][i % 3], path));
      }
      for (const i of range(2)) {
        files[`Test/0000${i}.png`] = await picture(i, 24, 24, 'png');
        test.push(row([0, 2][i], `Test/0000${i}.png`));
      }
      // A picture of each class, whose name is that of the class.
      for (const k of [0, 2, 10]) files[`Meta/${k}.png`] = await picture(k, 24, 24, 'png');
      const meta = [0, 2, 10].map((k) => [`Meta/${k}.png`, k, 0]);
      files['Meta.csv'] = csvOf(['Path', 'ClassId', 'ShapeId'], meta);
      return { ...files, 'Train.csv': csvOf(columns, train), 'Test.csv': csvOf(columns, test) };
    },
    shape: [24, 24, 3],
    classes: ['0', '2', '10'],
    labels: range(COUNT).map((i) => i % 3),
    ids: ['Test/00000.png', 'Test/00001.png'],
    columns: ['id', 'label'],
  },
  {
    name: 'iWildCam: names of files beside the ids of the sample',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const i of range(COUNT)) files[`train_images/a${i}.jpg`] = await picture(i % 2, 24, 20);
      for (const i of range(2)) files[`test_images/b${i}.jpg`] = await picture(i, 24, 20);
      const columns = ['category_id', 'file_name', 'id', 'location'];
      return {
        ...files,
        'train.csv': csvOf(
          columns,
          range(COUNT).map((i) => [[0, 11][i % 2], `a${i}.jpg`, `a${i}`, i % 3]),
        ),
        'test.csv': csvOf(
          columns.slice(1),
          range(2).map((i) => [`b${i}.jpg`, `b${i}`, i]),
        ),
        'sample_submission.csv': csvOf(
          ['Id', 'Predicted'],
          range(2).map((i) => [`b${i}`, 0]),
        ),
      };
    },
    shape: [20, 24, 3],
    classes: ['0', '11'],
    labels: range(COUNT).map((i) => i % 2),
    ids: ['b0', 'b1'],
    columns: ['Id', 'Predicted'],
  },
  {
    name: 'Tiny ImageNet: a folder more for each class, and a list of validation images',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const names = ['n01443537', 'n01629819'];
      for (const k of [0, 1]) {
        for (const i of range(COUNT / 2)) files[`train/${names[k]}/images/${k}_${i}.JPEG`] = await picture(k, 16, 16);
        files[`train/${names[k]}/boxes.txt`] = `${k}_0.JPEG\t0\t9\t10\t15\n${k}_1.JPEG\t0\t1\t10\t15\n`;
        files[`val/images/val_${k}.JPEG`] = await picture(k, 16, 16);
        files[`test/images/test_${k}.JPEG`] = await picture(k, 16, 16);
      }
      files['val/val_annotations.txt'] = names.map((name, k) => `val_${k}.JPEG\t${name}\t0\t9\n`).join('');
      return files;
    },
    shape: [16, 16, 3],
    classes: ['n01443537', 'n01629819'],
    labels: range(COUNT).map((i) => Number(i >= COUNT / 2)),
    ids: ['test_0.JPEG', 'test_1.JPEG'],
    columns: ['id', 'label'],
  },
  {
    name: 'Oxford pets: names of several words that begin with the breed',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const i of range(COUNT)) {
        files[`images/${['Abyssinian', 'american_bulldog', 'saint_bernard'][i % 3]}_${i}.jpg`] = await picture(
          i % 3,
          30,
          24,
        );
      }
      return files;
    },
    shape: [24, 30, 3],
    classes: ['Abyssinian', 'american_bulldog', 'saint_bernard'],
    labels: [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'Stanford dogs: nested folders in a .tar',
    files: async () => {
      const entries = [];
      for (const i of range(COUNT)) {
        const name = `Images/n0208562${i % 2}-${['Chihuahua', 'Japanese_spaniel'][i % 2]}/n0208562${i % 2}_${i}.jpg`;
        entries.push({ name, content: await picture(i % 2, 40, 30) });
      }
      return { 'images.tar': tarOf(...entries) };
    },
    shape: [30, 40, 3],
    classes: ['n02085620-Chihuahua', 'n02085621-Japanese_spaniel'],
    labels: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'malaria: two folders in a folder, with files of a system beside',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const i of range(COUNT)) {
        files[`cell_images/${['Parasitized', 'Uninfected'][i % 2]}/C${i}P1.png`] = await picture(
          i % 2,
          40 + i,
          30,
          'png',
        );
      }
      return { ...files, 'cell_images/Parasitized/Thumbs.db': 'x', 'cell_images/Uninfected/.DS_Store': 'x' };
    },
    shape: [30, 30, 3],
    classes: ['Parasitized', 'Uninfected'],
    labels: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'MedMNIST: arrays of three parts in one .npz',
    files: () => ({
      'bloodmnist.npz': zipOf(
        ...(['train', 'val', 'test'] as const).flatMap((part) => {
          const count = part === 'train' ? COUNT : 3;
          return [
            {
              name: `${part}_images.npy`,
              content: npy(
                [count, 4, 4],
                range(count).flatMap((i) => pixelsOf(i % 3)),
              ),
            },
            {
              name: `${part}_labels.npy`,
              content: npy(
                [count, 1],
                range(count).map((i) => i % 3),
              ),
            },
          ];
        }),
      ),
    }),
    shape: [4, 4, 1],
    classes: ['0', '1', '2'],
    labels: range(COUNT).map((i) => i % 3),
    ids: ['1', '2', '3'],
    columns: ['id', 'label'],
  },
  {
    name: 'a table with semicolons, ends of lines of Windows and a mark of UTF-8, packed in a .tar.gz',
    files: () => {
      const text = csvOf(
        ['klass', ...pixelNames],
        range(COUNT).map((i) => [i % 3].concat(pixelsOf(i % 3))),
      );
      const content = `\uFEFF${String(text).replaceAll(',', ';').replaceAll('\n', '\r\n')}`;
      return { 'data.tar.gz': gzipSync(tarOf({ name: 'train.csv', content: Buffer.from(content) })) };
    },
    shape: [4, 4, 1],
    classes: ['0', '1', '2'],
    labels: range(COUNT).map((i) => i % 3),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'a table in UTF-16',
    files: () => {
      const text = csvOf(
        ['label', ...pixelNames],
        range(COUNT).map((i) => [i % 3].concat(pixelsOf(i % 3))),
      );
      return { 'train.csv': Buffer.from(`\uFEFF${String(text)}`, 'utf16le') };
    },
    shape: [4, 4, 1],
    classes: ['0', '1', '2'],
    labels: range(COUNT).map((i) => i % 3),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'names with backslashes and folders in a table',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const rows: string[][] = [];
      for (const i of range(COUNT)) {
        files[`photos/train/${['a', 'b'][i % 2]}/${i}.png`] = await picture(i % 2, 8, 8, 'png');
        rows.push([`train\\${['a', 'b'][i % 2]}\\${i}.png`, ['owl', 'eagle'][i % 2]]);
      }
      return { ...files, 'photos/list.csv': csvOf(['path', 'bird'], rows) };
    },
    shape: [8, 8, 3],
    classes: ['eagle', 'owl'],
    labels: range(COUNT).map((i) => 1 - (i % 2)),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'a column that says which images are for the test',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const rows: string[][] = [];
      for (const i of range(COUNT)) {
        const path = `data/${['gun', 'rope'][i % 2]}/${i}.png`;
        files[path] = await picture(i % 2, 8, 8, 'png');
        rows.push([path, ['gun', 'rope'][i % 2], i < 8 ? 'train' : i < 10 ? 'val' : 'test']);
      }
      return { ...files, 'annotations.csv': csvOf(['image_path', 'label', 'split'], rows) };
    },
    shape: [8, 8, 3],
    classes: ['gun', 'rope'],
    labels: range(10).map((i) => i % 2),
    ids: ['data/gun/10.png', 'data/rope/11.png'],
    columns: ['id', 'label'],
  },
  {
    name: 'Imagewoof: noisy labels, and a column that says which images are for validation',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const rows: string[][] = [];
      for (const i of range(COUNT)) {
        const name = ['n02086240', 'n02087394'][i % 2];
        const path = `${i < 9 ? 'train' : 'val'}/${name}/${name}_${i}.JPEG`;
        files[`imagewoof2-160/${path}`] = await picture(i % 2, 8, 8);
        rows.push([path, name, i === 0 ? 'n02087394' : name, i < 9 ? 'False' : 'True']);
      }
      const columns = ['path', 'noisy_labels_0', 'noisy_labels_1', 'is_valid'];
      return { ...files, 'imagewoof2-160/noisy_imagewoof.csv': csvOf(columns, rows) };
    },
    shape: [8, 8, 3],
    classes: ['n02086240', 'n02087394'],
    labels: range(COUNT).map((i) => i % 2),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'numbers of rows without a name, and test images without labels',
    files: () => {
      const rows = range(COUNT).map((i) => [i].concat(pixelsOf(i % 3)));
      return {
        'train.csv': csvOf(
          ['', ...pixelNames, 'label'],
          rows.map((row, i) => row.map(String).concat('ABK'[i % 3])),
        ),
        'test.csv': csvOf(['', ...pixelNames], rows.slice(0, 3)),
      };
    },
    shape: [4, 4, 1],
    classes: ['A', 'B', 'K'],
    labels: range(COUNT).map((i) => i % 3),
    ids: ['0', '1', '2'],
    columns: ['id', 'label'],
  },
  {
    name: 'BreakHis: folders of slides and magnifications within those of the classes',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const [k, kind] of ['benign', 'malignant'].entries()) {
        for (const [slide, power] of [1, 2, 3].flatMap((one) => ['40X', '100X'].map((of) => [one, of]))) {
          const folder = `BreaKHis_v1/breast/${kind}/SOB/SOB_${kind[0]}_${slide}/${power}`;
          files[`${folder}/1.png`] = await picture(k, 8, 8, 'png');
        }
      }
      return files;
    },
    shape: [8, 8, 3],
    classes: ['benign', 'malignant'],
    labels: range(COUNT).map((i) => Number(i >= 6)),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'PlantVillage: the same images in several forms',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const form of ['color', 'grayscale', 'segmented']) {
        for (const i of range(COUNT)) {
          const name = ['Apple___scab', 'Corn_(maize)___healthy'][i % 2];
          files[`plants/${form}/${name}/${i}.JPG`] = await picture(i % 2, 8, 8);
        }
      }
      return files;
    },
    shape: [8, 8, 3],
    classes: ['Apple___scab', 'Corn_(maize)___healthy'],
    labels: range(COUNT).map((i) => Number(i >= 6)),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'commas and quotes in names, and cells of several lines',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const names = ['cat, small', 'dog ""old""'];
      let table = 'filename,description,label\n';
      for (const i of range(COUNT)) {
        files[`images/im, ${i}.png`] = await picture(i % 2, 8, 8, 'png');
        table += `"im, ${i}.png","a ""big"", thing\nin two lines","${names[i % 2]}"\n`;
      }
      return { ...files, 'labels.csv': table };
    },
    shape: [8, 8, 3],
    classes: ['cat, small', 'dog "old"'],
    labels: range(COUNT).map((i) => i % 2),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'arrays of real numbers of any size, and labels with a point',
    files: () => ({
      'X_train.npy': npy(
        [COUNT, 4, 4],
        range(COUNT).flatMap((i) => pixelsOf(i % 3)),
        '<f4',
      ),
      'y_train.npy': npy(
        [COUNT],
        range(COUNT).map((i) => i % 3),
        '>f8',
      ),
      'X_test.npy': npy(
        [1, 4, 4],
        range(16).map((i) => 40 * i - 99),
        '<f4',
      ),
    }),
    shape: [4, 4, 1],
    classes: ['0', '1', '2'],
    labels: range(COUNT).map((i) => i % 3),
    ids: ['1'],
    columns: ['id', 'label'],
  },
];
