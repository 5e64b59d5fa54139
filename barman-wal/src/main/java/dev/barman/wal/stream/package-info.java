// SPDX-License-Identifier: Apache-2.0
/**
 * Several WAL files over one connection, in either direction.
 *
 * <p><b>What {@code barman get-wal --stream} writes, and its client reads.</b>
 *
 * <p>Version 1. The server says {@code barman-wal-stream 1} in a line of its own as soon as it has started. The client asks for names:
 * the first on the command line, others one per line on the server's standard input, as far ahead as it likes. The server answers in the
 * order of the requests and ends well after the last one. An answer begins with a line:
 *
 * <ul>
 *   <li>{@code wal NAME} or {@code partial NAME} (which is the file {@code NAME.partial}): the file follows in chunks, each with its
 *       length before it (4 bytes, big-endian, 1 to 1 MiB). The length 0 ends the file. The length -1 says that the rest cannot be read;
 *       a line with the reason follows, and what came so far is worth nothing.
 *   <li>{@code absent NAME}: it is certain that there is no such file.
 *   <li>{@code failed NAME MESSAGE}: it could not be found out, or the file cannot be read, or the name is none.
 * </ul>
 *
 * <p>A file comes as it is stored, compressed by an algorithm that its first bytes tell, or not compressed. It is neither encrypted nor
 * compressed by a filter of the server's own.
 *
 * <p><b>What {@code barman put-wal --stream} reads.</b> Version 1. The server says {@code barman-wal-delivery 1} in a line of its own as soon as
 * it has started. The client makes one delivery after the other: a tar stream as {@code put-wal} takes it, with its checksums, in chunks, each
 * with its length before it (4 bytes, big-endian, 1 to 1 MiB). The length 0 ends the delivery, and the server answers it with a line:
 *
 * <ul>
 *   <li>{@code stored}: every file of it is durable in the server's incoming directory.
 *   <li>{@code refused MESSAGE}: that is not so, and the client keeps its files.
 * </ul>
 *
 * <p>Between two deliveries the length -2 says that the client is still there, which it says every half minute. A server that hears nothing for five
 * minutes, between deliveries or within one, takes the client for gone and ends: nothing else would tell it that the client's host has lost its
 * power. For the same reason a {@code get-wal --stream} whose client has asked for nothing in five minutes ends, once everything is answered.
 *
 * <p>The client ends the session by closing its side. When it does so within a delivery, or the connection breaks, that delivery counts for
 * nothing, unless all of it had arrived; the client cannot know, and delivers again.
 */
@NullMarked
package dev.barman.wal.stream;

import org.jspecify.annotations.NullMarked;
