// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Gives restored files to their owners: by name, or where this host does not know the name by number. Only root can do that; for other users
 * the files are theirs, and this class does nothing. Thread-safe.
 */
final class Ownership {
    private final boolean root = "root".equals(System.getProperty("user.name"));
    private final Map<String, Optional<UserPrincipal>> users = new ConcurrentHashMap<>();
    private final Map<String, Optional<GroupPrincipal>> groups = new ConcurrentHashMap<>();

    /** Who an entry belongs to. */
    record Owner(String user, long userId, String group, long groupId) {
        static Owner of(TarArchiveEntry entry) {
            return new Owner(entry.getUserName(), entry.getLongUserId(), entry.getGroupName(), entry.getLongGroupId());
        }
    }

    /** Gives a file, directory or link, not what it points to, to its owner. */
    void give(Path path, Owner owner) throws IOException {
        if (!root) {
            return;
        }
        PosixFileAttributeView view =
                Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        Optional<GroupPrincipal> group = groups.computeIfAbsent(owner.group(), Ownership::findGroup);
        if (group.isPresent()) {
            view.setGroup(group.get());
        } else {
            Files.setAttribute(path, "unix:gid", (int) owner.groupId(), LinkOption.NOFOLLOW_LINKS);
        }
        Optional<UserPrincipal> user = users.computeIfAbsent(owner.user(), Ownership::findUser);
        if (user.isPresent()) {
            view.setOwner(user.get());
        } else {
            Files.setAttribute(path, "unix:uid", (int) owner.userId(), LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static UserPrincipalLookupService lookup() {
        return FileSystems.getDefault().getUserPrincipalLookupService();
    }

    private static Optional<UserPrincipal> findUser(String name) {
        try {
            return name.isEmpty() ? Optional.empty() : Optional.of(lookup().lookupPrincipalByName(name));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<GroupPrincipal> findGroup(String name) {
        try {
            return name.isEmpty() ? Optional.empty() : Optional.of(lookup().lookupPrincipalByGroupName(name));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
