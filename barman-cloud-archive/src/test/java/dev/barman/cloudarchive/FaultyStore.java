// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A store that refuses one part of all uploads, or loses requests and answers, and counts the uploads that are neither complete nor given up. Its uploads know
 * their own objects, as those of the real stores do.
 */
final class FaultyStore extends PassingObjectStore {
    /** What gets lost of a call. */
    enum Lost {
        /** It has no effect. */
        REQUEST,
        /** It has its effect, and the caller does not hear of it. */
        ANSWER
    }

    final AtomicInteger open = new AtomicInteger();
    /** Whether the store does not tell what has become of an upload. */
    boolean mute;

    private final AtomicInteger partsLeft;
    private final Faults completions = new Faults();
    private final Faults puts = new Faults();

    /** Which calls of a kind fail, counted from 1. */
    private static final class Faults {
        private int calls;
        private int first = Integer.MAX_VALUE;
        private int last;
        private Lost lost = Lost.REQUEST;
        private boolean retryable;

        synchronized void set(int from, int to, Lost what, boolean again) {
            calls = 0;
            first = from;
            last = to;
            lost = what;
            retryable = again;
        }

        /** Says whether the next call fails; null when not. */
        synchronized @Nullable Lost next() {
            calls++;
            return calls >= first && calls <= last ? lost : null;
        }

        StorageException failure() {
            return new StorageException("no answer", StorageException.Reason.UNREACHABLE, retryable, null);
        }
    }

    /**
     * @param badPart which part, counted over all uploads from 1; 0 for none
     */
    FaultyStore(ObjectStore store, int badPart) {
        super(store);
        this.partsLeft = new AtomicInteger(badPart);
    }

    /** Lets completions of uploads fail, from one to another, counted over all uploads from 1. */
    FaultyStore losingCompletions(int from, int to, Lost lost, boolean retryable) {
        completions.set(from, to, lost, retryable);
        return this;
    }

    /** Lets the storing of whole objects fail, from one to another, counted from 1. */
    FaultyStore losingPuts(int from, int to, Lost lost, boolean retryable) {
        puts.set(from, to, lost, retryable);
        return this;
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        Lost lost = puts.next();
        boolean stored = lost != Lost.REQUEST && store.put(key, content, options);
        if (lost != null) {
            throw puts.failure();
        }
        return stored;
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        ObjectUpload upload = store.startUpload(key, options);
        open.incrementAndGet();
        return new ObjectUpload() {
            private boolean ended;
            private boolean stored;

            @Override
            public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
                if (partsLeft.decrementAndGet() == 0) {
                    throw new StorageException("the store is full", StorageException.Reason.OTHER, false, null);
                }
                upload.part(number, bytes, offset, length);
            }

            @Override
            public boolean complete() throws StorageException {
                Lost lost = completions.next();
                if (lost != Lost.REQUEST) {
                    stored = stored || upload.complete();
                }
                if (lost != null) {
                    throw completions.failure();
                }
                end();
                return stored;
            }

            @Override
            public boolean wasStored() throws StorageException {
                if (mute) {
                    throw completions.failure();
                }
                return stored;
            }

            @Override
            public void close() {
                upload.close();
                end();
            }

            private void end() {
                if (!ended) {
                    ended = true;
                    open.decrementAndGet();
                }
            }
        };
    }
}
