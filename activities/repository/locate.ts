import { layoutPath, REPOSITORY_LAYOUTS, type RepositoryLayout } from '../../api/repository-layout.ts';
import { FailureType } from '../../workflows/failures.ts';
import { type FormatFile, readFormatFile } from '../kopia/format-file.ts';
import { PortError } from '../ports/port-error.ts';

/** A repository that was found by looking. */
export interface FoundRepository {
  readonly layout: RepositoryLayout;
  /** Its folder, as this process sees it. */
  readonly path: string;
  readonly format: FormatFile;
}

interface Look {
  readonly path: string;
  readonly found?: FoundRepository;
  readonly problem?: PortError;
}

/**
 * The one repository in a volume. Reads three files and writes nothing. Throws RepositoryNotFound naming every place that
 * was looked at, RepositoryExists naming all where there are several, RepositoryCorrupt, RepositoryUnreachable.
 */
export async function findOnlyRepository(root: string): Promise<FoundRepository> {
  const looks = await lookEverywhere(root);
  const problem = hardProblem(looks);
  if (problem) throw problem;
  const found = repositoriesOf(looks);
  if (found.length === 0) throw notFound(looks);
  if (found.length > 1) {
    throw new PortError(
      FailureType.RepositoryExists,
      `there are ${found.length} repositories in '${root}' and none was chosen: ${found.map(named).join(', ')}; move those that are not meant out of the volume`,
      { retryable: false },
    );
  }
  return found[0]!;
}

/**
 * The repository with a known unique id, wherever in the volume it lies now. Throws RepositoryChanged when only others are
 * there, or when it is there twice (a copy: two histories would drift apart), else as {@link findOnlyRepository}.
 */
export async function findKnownRepository(root: string, uniqueId: string): Promise<FoundRepository> {
  const looks = await lookEverywhere(root);
  const found = repositoriesOf(looks);
  const known = found.filter(({ format }) => format.uniqueId === uniqueId.toLowerCase());
  if (known.length === 1) return known[0]!;
  if (known.length > 1) {
    throw new PortError(
      FailureType.RepositoryChanged,
      `the repository ${uniqueId} is there more than once: ${known.map(({ path }) => `'${path}'`).join(' and ')}; move the copy out of the volume`,
    );
  }
  const problem = hardProblem(looks);
  if (problem) throw problem;
  const [other] = found;
  if (!other) throw notFound(looks);
  throw new PortError(
    FailureType.RepositoryChanged,
    `the repository in '${other.path}' has the unique id ${other.format.uniqueId}, but ${uniqueId} is the known one`,
  );
}

const lookEverywhere = (root: string): Promise<Look[]> =>
  Promise.all(
    REPOSITORY_LAYOUTS.map(async (layout): Promise<Look> => {
      const path = layoutPath(root, layout);
      try {
        return { path, found: { layout, path, format: await readFormatFile(path) } };
      } catch (error) {
        if (error instanceof PortError) return { path, problem: error };
        throw error;
      }
    }),
  );

const repositoriesOf = (looks: readonly Look[]): FoundRepository[] =>
  looks.flatMap(({ found }) => (found ? [found] : []));

/** What is no plain absence: there may be a repository behind it. */
const hardProblem = (looks: readonly Look[]): PortError | undefined =>
  looks.find(({ problem }) => problem && problem.type !== FailureType.RepositoryNotFound)?.problem;

function notFound(looks: readonly Look[]): PortError {
  const [root, ...below] = looks;
  const message = root?.problem?.message ?? 'there is no repository';
  return new PortError(
    FailureType.RepositoryNotFound,
    `${message}; looked also in ${below.map(({ path }) => `'${path}'`).join(' and ')}`,
    { cause: root?.problem },
  );
}

const named = ({ path, format }: FoundRepository): string => `'${path}' (unique id ${format.uniqueId})`;
