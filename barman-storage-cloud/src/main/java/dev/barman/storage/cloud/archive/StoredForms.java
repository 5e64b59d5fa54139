// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether a WAL file is stored in another form than the one it is about to be stored in, with a question per key and several questions
 * at a time. A listing would be one request, but one that costs the store more than all of these, and money.
 *
 * <p>The key that the file is going to have need not be asked for: the store takes a new object for it only when there is none. The others
 * have to be asked for before: an object that is created beside one with other content could be restored before it is taken back.
 */
final class StoredForms {
    private static final int CONCURRENT_QUESTIONS = 3;

    private final List<FutureTask<List<Found>>> questions = new ArrayList<>();

    /** An object that holds the WAL file in some form. */
    record Found(@Nullable CompressionAlgorithm compression, ObjectInfo object) {}

    private record Candidate(@Nullable CompressionAlgorithm compression, ObjectKey key) {}

    private StoredForms() {}

    /**
     * Begins to ask.
     *
     * @param except the form that is not asked for
     * @param executor runs up to three tasks
     */
    static StoredForms ask(
            ObjectStore store,
            WalKeys keys,
            WalFileName name,
            @Nullable CompressionAlgorithm except,
            Executor executor) {
        List<Candidate> candidates = new ArrayList<>();
        for (Map.Entry<WalKeys.Form, ObjectKey> form : keys.keys(name).entrySet()) {
            if (form.getKey().compression() != except) {
                candidates.add(new Candidate(form.getKey().compression(), form.getValue()));
            }
        }
        StoredForms forms = new StoredForms();
        for (int first = 0; first < CONCURRENT_QUESTIONS; first++) {
            List<Candidate> share = new ArrayList<>();
            for (int i = first; i < candidates.size(); i += CONCURRENT_QUESTIONS) {
                share.add(candidates.get(i));
            }
            // No lambda: the first one in a virtual machine takes its time.
            FutureTask<List<Found>> question = new FutureTask<>(new Callable<List<Found>>() {
                @Override
                public List<Found> call() throws IOException {
                    return find(store, share);
                }
            });
            forms.questions.add(question);
            executor.execute(question);
        }
        return forms;
    }

    private static List<Found> find(ObjectStore store, List<Candidate> candidates) throws IOException {
        List<Found> found = new ArrayList<>();
        for (Candidate candidate : candidates) {
            ObjectInfo object = store.stat(candidate.key).orElse(null);
            if (object != null) {
                found.add(new Found(candidate.compression, object));
            }
        }
        return found;
    }

    /**
     * Waits for the answers.
     *
     * @return the objects that there are
     * @throws IOException when a question could not be answered, or the thread is interrupted
     */
    List<Found> found() throws IOException {
        List<Found> found = new ArrayList<>();
        for (FutureTask<List<Found>> question : questions) {
            try {
                found.addAll(question.get());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for the store");
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException failure) {
                    throw failure;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
        return found;
    }
}
