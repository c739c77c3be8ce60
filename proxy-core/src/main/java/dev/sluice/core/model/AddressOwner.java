// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

/** Who has an address that a Service claims as an external or load balancer address. */
public enum AddressOwner {
    NODE("an address of another node"),
    ENDPOINT("the address of an endpoint");

    private final String text;

    AddressOwner(String text) {
        this.text = text;
    }

    /** For messages: {@code an address of another node}. */
    public String text() {
        return text;
    }
}
