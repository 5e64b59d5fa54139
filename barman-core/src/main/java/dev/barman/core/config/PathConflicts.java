// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** Finds directories that are used twice, by one server or by two. Only equality of real paths counts. */
final class PathConflicts {
    private static final List<ServerOption> COMPARED = List.of(
            ServerOption.BACKUP_DIRECTORY,
            ServerOption.BASEBACKUPS_DIRECTORY,
            ServerOption.ERRORS_DIRECTORY,
            ServerOption.INCOMING_WALS_DIRECTORY,
            ServerOption.STREAMING_WALS_DIRECTORY,
            ServerOption.WALS_DIRECTORY);

    private final Map<String, Use> owners = new HashMap<>();
    private final Map<Path, Path> realDirectories = new HashMap<>();
    private final Map<String, List<String>> ofOneServer = new HashMap<>();
    private final List<String> betweenServers = new ArrayList<>();

    private record Use(String server, String label) {}

    /** Compares the directories of all servers, visited in the order of the map. */
    PathConflicts(SortedMap<String, OptionValues> servers) {
        for (Map.Entry<String, OptionValues> server : servers.entrySet()) {
            for (ServerOption option : COMPARED) {
                String path = server.getValue().text(option);
                if (path != null && !Paths.isUrl(path)) {
                    visit(server.getKey(), option.optionName(), path);
                }
            }
        }
    }

    private void visit(String server, String label, String path) {
        String real = realPath(path);
        Use owner = owners.putIfAbsent(real, new Use(server, label));
        if (owner == null) {
            return;
        }
        String shown =
                "Conflicting path: " + label + "=" + path + (real.equals(path) ? "" : " (symlink to: " + real + ")");
        if (owner.server().equals(server)) {
            ofOneServer
                    .computeIfAbsent(server, name -> new ArrayList<>())
                    .add(shown + " conflicts with '" + owner.label() + "' for server '" + server + "'");
        } else {
            betweenServers.add(shown + " for server '" + server + "' conflicts with '" + owner.label()
                    + "' for server '" + owner.server() + "'");
        }
    }

    /** Resolves links in the part of the path that exists; the rest is only normalised. */
    private String realPath(String text) {
        Path path = Path.of(text).toAbsolutePath();
        Path parent = path.getParent();
        Path name = path.getFileName();
        if (parent == null
                || name == null
                || name.toString().equals("..")
                || name.toString().equals(".")) {
            return resolve(path).toString();
        }
        Path realParent = realDirectories.computeIfAbsent(parent, PathConflicts::resolve);
        Path real = realParent.resolve(name);
        return (Files.isSymbolicLink(real) ? resolve(real) : real).toString();
    }

    private static Path resolve(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException missing) {
            Path parent = path.getParent();
            Path name = path.getFileName();
            return parent == null || name == null
                    ? path.normalize()
                    : resolve(parent).resolve(name).normalize();
        }
    }

    /** Returns the conflicts inside a server, in the order of the labels. */
    List<String> of(String server) {
        return ofOneServer.getOrDefault(server, List.of());
    }

    /** Returns the conflicts between servers, in the order of servers and labels. */
    List<String> betweenServers() {
        return List.copyOf(betweenServers);
    }
}
