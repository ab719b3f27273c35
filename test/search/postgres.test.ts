import test from 'ava';
import { postgresStorage } from '../../search/storage/postgres.ts';
import { testStorage } from '../contracts/storage.ts';
import { missingPostgres, startPostgres } from '../helpers/postgres.ts';

const server = await startPostgres();
test.after.always(() => server.stop());
testStorage('postgres', async () => postgresStorage(await server.database()));
