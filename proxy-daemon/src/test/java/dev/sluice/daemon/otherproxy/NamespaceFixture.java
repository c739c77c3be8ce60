// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A node for each test. */
abstract class NamespaceFixture {
    @TempDir
    Path folder;

    NodeNamespace node;

    @BeforeEach
    void makeNamespace() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "network namespaces need root");
        node = new NodeNamespace(folder);
    }

    @AfterEach
    void removeNamespace() throws Exception {
        if (node != null) {
            node.close();
        }
    }
}
