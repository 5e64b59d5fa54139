// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

/** Receives the objects of a listing. */
@FunctionalInterface
public interface ObjectVisitor {
    /**
     * @param object the next object
     * @return false to end the listing here
     * @throws StorageException to end the listing with a failure
     */
    boolean visit(ObjectInfo object) throws StorageException;
}
