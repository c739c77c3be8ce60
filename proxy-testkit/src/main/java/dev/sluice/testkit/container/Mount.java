// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import java.nio.file.Path;

/** A file or folder of this machine in a container. */
record Mount(String destination, Path source, boolean readOnly) {}
