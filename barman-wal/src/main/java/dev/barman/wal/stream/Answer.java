// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** What a server says to the request of one WAL file. */
public final class Answer {
    private final Kind kind;
    private final String name;
    private final String message;
    private final @Nullable InputStream content;

    Answer(Kind kind, String name, String message, @Nullable InputStream content) {
        this.kind = kind;
        this.name = name;
        this.message = message;
        this.content = content;
    }

    /** The kinds of answers. */
    public enum Kind {
        /** The file follows. */
        WAL,
        /** There is no such file, but a partial one, which follows. */
        PARTIAL,
        /** It is certain that there is no such file. */
        ABSENT,
        /** Whether there is such a file, or what is in it, could not be found out. */
        FAILED
    }

    /** What kind of answer this is. */
    public Kind kind() {
        return kind;
    }

    /** The name that was asked for. The caller compares it: it is what the server says. */
    public String name() {
        return name;
    }

    /** Why it failed, in one line; empty for other kinds. */
    public String message() {
        return message;
    }

    /** Whether a file follows, partial or not. */
    public boolean hasContent() {
        return content != null;
    }

    /**
     * The file as it is stored. It ends where the server says that the file ends; if it does not come so far, reading throws
     * {@link WalStreamException}, at every further attempt too. To be read before the next answer is asked for. Closing it does nothing.
     * Not thread-safe.
     *
     * @throws IllegalStateException if no file follows
     */
    public InputStream content() {
        if (content == null) {
            throw new IllegalStateException("no file follows: " + this);
        }
        return content;
    }

    @Override
    public String toString() {
        return message.isEmpty() ? kind + " " + name : kind + " " + name + " " + message;
    }
}
