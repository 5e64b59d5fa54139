// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.models.BlobHttpHeaders;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.BlockBlobItem;
import com.azure.storage.blob.options.BlockBlobCommitBlockListOptions;
import com.azure.storage.blob.options.BlockBlobStageBlockOptions;
import com.azure.storage.blob.specialized.BlockBlobClient;
import dev.barman.object.ObjectRanges;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.transfer.ContentHash;
import dev.barman.storage.cloud.transfer.UploadMark;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blocks of a blob that are listed at the end.
 *
 * <p>Their names are the numbers with five digits, as in the original; all blocks of a blob must have names of one length, also
 * those that an earlier attempt left. Writers of one large blob at the same time therefore mix their blocks: their callers have to
 * keep them apart. (Objects stored with one request know no such thing.) Thread-safe.
 */
final class AzureUpload implements ObjectUpload {
    private static final Logger logger = LoggerFactory.getLogger(AzureUpload.class);

    private final BlockBlobClient blob;
    private final String what;
    private final PutOptions options;
    private final NavigableMap<Integer, Integer> lengths = new ConcurrentSkipListMap<>();
    private final UploadMark mark = UploadMark.next();
    /** Whether the answer to a completion may have got lost. */
    private volatile boolean doubtful;

    private final AtomicBoolean ended = new AtomicBoolean();

    AzureUpload(BlockBlobClient blob, String what, PutOptions options) {
        this.blob = blob;
        this.what = what;
        this.options = options;
    }

    private static String id(int number) {
        return Base64.getEncoder().encodeToString(String.format("%05d", number).getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
        ObjectRanges.checkPart(number);
        try {
            blob.stageBlockWithResponse(
                    new BlockBlobStageBlockOptions(
                                    id(number), BinaryData.fromByteBuffer(ByteBuffer.wrap(bytes, offset, length)))
                            .setContentMd5(ContentHash.md5Of(bytes, offset, length)),
                    null,
                    Context.NONE);
            lengths.put(number, length);
        } catch (RuntimeException e) {
            throw AzureFailures.classify(what + ", part " + number, e);
        }
    }

    @Override
    public boolean complete() throws StorageException {
        return complete(null);
    }

    /** With the MD5 sum of the whole, where it is known, so that readers can check it. */
    boolean complete(byte @Nullable [] md5) throws StorageException {
        ObjectRanges.checkParts(lengths.size(), lengths.isEmpty() ? 0 : lengths.lastKey());
        List<String> ids = new ArrayList<>();
        long size = 0;
        for (Map.Entry<Integer, Integer> part : lengths.entrySet()) {
            ids.add(id(part.getKey()));
            size += part.getValue();
        }
        BlockBlobCommitBlockListOptions commit = new BlockBlobCommitBlockListOptions(ids)
                .setMetadata(Map.of(UploadMark.AZURE_NAME, mark.value()))
                .setHeaders(new BlobHttpHeaders()
                        .setContentType(AzureObjectStore.CONTENT_TYPE)
                        .setContentMd5(md5));
        if (options.createOnly()) {
            commit.setRequestConditions(new BlobRequestConditions().setIfNoneMatch("*"));
        }
        if (!options.tags().isEmpty()) {
            commit.setTags(options.tags());
        }
        try {
            BlockBlobItem item =
                    blob.commitBlockListWithResponse(commit, null, Context.NONE).getValue();
            ended.set(true);
            // When the question for its size is not answered, the next attempt finds the blob there.
            doubtful = true;
            verifySize(item.getETag(), size);
            return true;
        } catch (BlobStorageException e) {
            if (options.createOnly() && AzureFailures.isTaken(e)) {
                boolean ours = doubtful && wasStored();
                ended.compareAndSet(false, ours);
                return ours;
            }
            doubtful |= AzureFailures.leavesDoubt(e);
            throw AzureFailures.classify(what, e);
        } catch (RuntimeException e) {
            doubtful = true;
            throw AzureFailures.classify(what, e);
        }
    }

    /** By mark and size: a list of blocks has no checksum, and each block was proven by its own. */
    @Override
    public boolean wasStored() throws StorageException {
        long size = lengths.values().stream().mapToLong(Integer::longValue).sum();
        try {
            BlobProperties properties =
                    blob.getPropertiesWithResponse(null, null, Context.NONE).getValue();
            return properties.getBlobSize() == size && mark.isIn(properties.getMetadata(), UploadMark.AZURE_NAME);
        } catch (BlobStorageException e) {
            if (AzureFailures.isAbsentBlob(e)) {
                return false;
            }
            throw AzureFailures.classify(what, e);
        } catch (RuntimeException e) {
            throw AzureFailures.classify(what, e);
        }
    }

    /** Each block is proven by its checksum, their list is not. */
    private void verifySize(String etag, long size) throws StorageException {
        long stored = blob.getPropertiesWithResponse(new BlobRequestConditions().setIfMatch(etag), null, Context.NONE)
                .getValue()
                .getBlobSize();
        if (stored != size) {
            throw new StorageException(
                    what + ": the store has " + stored + " bytes of " + size,
                    StorageException.Reason.OTHER,
                    true,
                    null);
        }
    }

    /**
     * Uncommitted blocks vanish after a week; a blob that is committed empty and deleted takes them along at once. A blob that was
     * there before keeps its content, and the blocks then stay for the week.
     */
    @Override
    public void close() {
        if (ended.getAndSet(true) || lengths.isEmpty()) {
            return;
        }
        try {
            BlockBlobItem item = blob.commitBlockListWithResponse(
                            new BlockBlobCommitBlockListOptions(List.of())
                                    .setRequestConditions(new BlobRequestConditions().setIfNoneMatch("*")),
                            null,
                            Context.NONE)
                    .getValue();
            blob.deleteWithResponse(null, new BlobRequestConditions().setIfMatch(item.getETag()), null, Context.NONE);
        } catch (BlobStorageException e) {
            if (!AzureFailures.isTaken(e)) {
                warn(e);
            }
        } catch (RuntimeException e) {
            warn(e);
        }
    }

    private void warn(RuntimeException e) {
        logger.warn(
                "{}",
                AzureFailures.classify(what + ": the blocks of the unfinished upload stay", e)
                        .getMessage());
    }
}
