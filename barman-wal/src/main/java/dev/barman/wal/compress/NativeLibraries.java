// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;

/** What to say when a native library is not there. */
final class NativeLibraries {
    private NativeLibraries() {}

    static IOException unavailable(String name, LinkageError cause) {
        return new IOException(
                "The native library of " + name + " cannot be loaded (" + cause.getMessage() + "). HINT: it is unpacked"
                        + " into " + System.getProperty("java.io.tmpdir")
                        + " unless it is on java.library.path; the directory must allow programs to be executed",
                cause);
    }
}
