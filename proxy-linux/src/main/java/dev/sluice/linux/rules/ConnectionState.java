// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

/** What conntrack says of a packet's connection, in the order in which iptables-save prints it. */
public enum ConnectionState {
    INVALID,
    NEW,
    RELATED,
    ESTABLISHED,
    DNAT
}
