// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

/**
 * An object on its way into a store in numbered parts, for content whose length is not known beforehand.
 *
 * <p>Nothing is visible before {@link #complete}, which returns after the whole object is durable. Until then the store keeps the
 * parts, and they are paid for: always {@link #close}. A process that is killed leaves them behind; a rule of the bucket for
 * incomplete uploads removes them.
 *
 * <p>Thread-safe: several parts may be sent at the same time. A store that takes parts only in their order lets the later ones
 * wait for the earlier ones.
 */
public interface ObjectUpload extends AutoCloseable {
    /**
     * Sends a part. A part that was sent before is replaced; a store that takes parts only in their order refuses it. All but the last must have at least the size that the store asks
     * for (5 MiB for S3), and their number is limited (10,000 for S3, 50,000 for Azure).
     *
     * @param number its place, from 1
     * @param bytes a buffer, not used after the return
     * @param offset where the part begins in it
     * @param length its length
     * @throws IllegalArgumentException when the number is less than 1
     * @throws StorageException when the store refuses or cannot be reached
     */
    void part(int number, byte[] bytes, int offset, int length) throws StorageException;

    /**
     * Makes the object of all parts. To be called once (again only after a failure), when no part is being sent.
     *
     * <p>When an earlier call failed and its answer may have got lost, a key that is taken is looked at: the object of this very upload counts as
     * stored.
     *
     * @return false when it was to be created only and the key is taken by another object; then nothing is changed
     * @throws IllegalStateException when the numbers of the parts are not 1, 2, 3 and so on
     * @throws StorageException when the store refuses or cannot be reached
     */
    boolean complete() throws StorageException;

    /**
     * Finds out whether a call of {@link #complete} that failed has stored the object all the same, as it happens when only the answer is lost. To be
     * asked after {@link #close}, when nothing can change any more.
     *
     * @return whether the object of this very upload is there; never true for somebody else's. A store that cannot fail behind the effect says false
     * @throws StorageException when the store refuses or cannot be reached, and it stays open
     */
    default boolean wasStored() throws StorageException {
        return false;
    }

    /** Gives up what is not complete and removes its parts, as far as the store can be reached. Never fails. */
    @Override
    void close();
}
