// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Works on numbered items with a fixed number of threads, which end with the call. */
final class ParallelWork {
    private ParallelWork() {}

    /** What is done with one item. */
    @FunctionalInterface
    interface Task {
        void run(int item) throws IOException;
    }

    /**
     * Works on the items 0 to {@code count - 1}. After a failure no further item is begun. Threads at work are never
     * interrupted; an interrupt of the caller takes effect when they have finished their items.
     *
     * @throws InterruptedIOException when the caller was interrupted
     * @throws IOException the first failure
     */
    static void run(String name, int threads, int count, Task task) throws IOException {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable worker = () -> {
            for (int item = next.getAndIncrement();
                    item < count && failure.get() == null;
                    item = next.getAndIncrement()) {
                try {
                    task.run(item);
                } catch (IOException | RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                }
            }
        };
        List<Thread> started = new ArrayList<>();
        for (int i = 0; i < Math.min(threads, count); i++) {
            Thread thread = new Thread(worker, name + "-" + (i + 1));
            thread.start();
            started.add(thread);
        }
        boolean interrupted = false;
        for (Thread thread : started) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    failure.compareAndSet(null, e);
                }
            }
        }
        if (interrupted) {
            throw new InterruptedIOException(name + " was interrupted");
        }
        Throwable first = failure.get();
        if (first instanceof IOException e) {
            throw e;
        } else if (first instanceof RuntimeException e) {
            throw e;
        } else if (first instanceof Error e) {
            throw e;
        }
    }
}
