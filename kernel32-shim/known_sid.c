/* SPDX-License-Identifier: MIT */
/* The table of named identities, and how a row becomes an identifier.  See known_sid.h. */
#include "kernel32-shim/known_sid.h"

#include <string.h>

#include "kernel32-shim/machine_sid.h"
#include "kernel32-shim/securitydesc.h"

/* clang-format off */
#define FIXED(type, alias, name, domain, use, authority, n_subs, ...)                    \
	{type, KNOWN_SID_FIXED, alias, name, domain, use, authority, n_subs, {__VA_ARGS__}}
#define IN_DOMAIN(type, kind, alias, use, number)                                        \
	{type, kind, alias, NULL, NULL, use, 5, 1, {number}}

static const struct known_sid known_sids[] = {
	FIXED(WinNullSid, NULL, "NULL SID", "", SidTypeWellKnownGroup, 0, 1, 0),
	FIXED(WinWorldSid, "WD", "Everyone", "", SidTypeWellKnownGroup, 1, 1, 0),
	FIXED(WinLocalSid, NULL, "LOCAL", "", SidTypeWellKnownGroup, 2, 1, 0),
	FIXED(WinConsoleLogonSid, NULL, "CONSOLE LOGON", "", SidTypeWellKnownGroup, 2, 1, 1),
	FIXED(WinCreatorOwnerSid, "CO", "CREATOR OWNER", "", SidTypeWellKnownGroup, 3, 1, 0),
	FIXED(WinCreatorGroupSid, "CG", "CREATOR GROUP", "", SidTypeWellKnownGroup, 3, 1, 1),
	FIXED(WinCreatorOwnerServerSid, NULL, "CREATOR OWNER SERVER", "", SidTypeWellKnownGroup, 3, 1, 2),
	FIXED(WinCreatorGroupServerSid, NULL, "CREATOR GROUP SERVER", "", SidTypeWellKnownGroup, 3, 1, 3),
	FIXED(WinCreatorOwnerRightsSid, "OW", "OWNER RIGHTS", "", SidTypeWellKnownGroup, 3, 1, 4),
	FIXED(WinNtAuthoritySid, NULL, "NT Pseudo Domain", "NT Pseudo Domain", SidTypeDomain, 5, 0, 0),
	FIXED(WinDialupSid, NULL, "DIALUP", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 1),
	FIXED(WinNetworkSid, "NU", "NETWORK", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 2),
	FIXED(WinBatchSid, NULL, "BATCH", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 3),
	FIXED(WinInteractiveSid, "IU", "INTERACTIVE", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 4),
	FIXED(WinServiceSid, "SU", "SERVICE", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 6),
	FIXED(WinAnonymousSid, "AN", "ANONYMOUS LOGON", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 7),
	FIXED(WinProxySid, NULL, "PROXY", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 8),
	FIXED(WinEnterpriseControllersSid, "ED", "ENTERPRISE DOMAIN CONTROLLERS", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 9),
	FIXED(WinSelfSid, "PS", "SELF", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 10),
	FIXED(WinAuthenticatedUserSid, "AU", "Authenticated Users", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 11),
	FIXED(WinRestrictedCodeSid, "RC", "RESTRICTED", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 12),
	FIXED(WinTerminalServerSid, NULL, "TERMINAL SERVER USER", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 13),
	FIXED(WinRemoteLogonIdSid, NULL, "REMOTE INTERACTIVE LOGON", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 14),
	FIXED(WinThisOrganizationSid, NULL, "This Organization", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 15),
	FIXED(WinIUserSid, NULL, "IUSR", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 17),
	FIXED(WinLocalSystemSid, "SY", "SYSTEM", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 18),
	FIXED(WinLocalServiceSid, "LS", "LOCAL SERVICE", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 19),
	FIXED(WinNetworkServiceSid, "NS", "NETWORK SERVICE", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 20),
	FIXED(WinWriteRestrictedCodeSid, "WR", "WRITE RESTRICTED", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 33),
	FIXED(WinLocalAccountSid, NULL, "Local account", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 113),
	FIXED(WinLocalAccountAndAdministratorSid, NULL, "Local account and member of Administrators group", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 114),
	FIXED(WinOtherOrganizationSid, NULL, "Other Organization", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 1000),
	FIXED(WinLogonIdsSid, NULL, NULL, NULL, SidTypeLogonSession, 5, 3, 5, 0, 0),
	FIXED(WinNTLMAuthenticationSid, NULL, "NTLM Authentication", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 2, 64, 10),
	FIXED(WinSChannelAuthenticationSid, NULL, "SChannel Authentication", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 2, 64, 14),
	FIXED(WinDigestAuthenticationSid, NULL, "Digest Authentication", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 2, 64, 21),
	FIXED(WinThisOrganizationCertificateSid, NULL, "This Organization Certificate", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 2, 65, 1),
	FIXED(KNOWN_SID_NO_TYPE, NULL, "ALL SERVICES", "NT SERVICE", SidTypeWellKnownGroup, 5, 2, 80, 0),
	FIXED(WinUserModeDriversSid, "UD", "USER MODE DRIVERS", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 6, 84, 0, 0, 0, 0, 0),
	FIXED(WinBuiltinDomainSid, NULL, "BUILTIN", "BUILTIN", SidTypeDomain, 5, 1, 32),
	FIXED(WinBuiltinAdministratorsSid, "BA", "Administrators", "BUILTIN", SidTypeAlias, 5, 2, 32, 544),
	FIXED(WinBuiltinUsersSid, "BU", "Users", "BUILTIN", SidTypeAlias, 5, 2, 32, 545),
	FIXED(WinBuiltinGuestsSid, "BG", "Guests", "BUILTIN", SidTypeAlias, 5, 2, 32, 546),
	FIXED(WinBuiltinPowerUsersSid, "PU", "Power Users", "BUILTIN", SidTypeAlias, 5, 2, 32, 547),
	FIXED(WinBuiltinAccountOperatorsSid, "AO", "Account Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 548),
	FIXED(WinBuiltinSystemOperatorsSid, "SO", "Server Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 549),
	FIXED(WinBuiltinPrintOperatorsSid, "PO", "Print Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 550),
	FIXED(WinBuiltinBackupOperatorsSid, "BO", "Backup Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 551),
	FIXED(WinBuiltinReplicatorSid, "RE", "Replicator", "BUILTIN", SidTypeAlias, 5, 2, 32, 552),
	FIXED(WinBuiltinPreWindows2000CompatibleAccessSid, "RU", "Pre-Windows 2000 Compatible Access", "BUILTIN", SidTypeAlias, 5, 2, 32, 554),
	FIXED(WinBuiltinRemoteDesktopUsersSid, "RD", "Remote Desktop Users", "BUILTIN", SidTypeAlias, 5, 2, 32, 555),
	FIXED(WinBuiltinNetworkConfigurationOperatorsSid, "NO", "Network Configuration Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 556),
	FIXED(WinBuiltinIncomingForestTrustBuildersSid, NULL, "Incoming Forest Trust Builders", "BUILTIN", SidTypeAlias, 5, 2, 32, 557),
	FIXED(WinBuiltinPerfMonitoringUsersSid, "MU", "Performance Monitor Users", "BUILTIN", SidTypeAlias, 5, 2, 32, 558),
	FIXED(WinBuiltinPerfLoggingUsersSid, "LU", "Performance Log Users", "BUILTIN", SidTypeAlias, 5, 2, 32, 559),
	FIXED(WinBuiltinAuthorizationAccessSid, NULL, "Windows Authorization Access Group", "BUILTIN", SidTypeAlias, 5, 2, 32, 560),
	FIXED(WinBuiltinTerminalServerLicenseServersSid, NULL, "Terminal Server License Servers", "BUILTIN", SidTypeAlias, 5, 2, 32, 561),
	FIXED(WinBuiltinDCOMUsersSid, NULL, "Distributed COM Users", "BUILTIN", SidTypeAlias, 5, 2, 32, 562),
	FIXED(WinBuiltinIUsersSid, "IS", "IIS_IUSRS", "BUILTIN", SidTypeAlias, 5, 2, 32, 568),
	FIXED(WinBuiltinCryptoOperatorsSid, "CY", "Cryptographic Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 569),
	FIXED(WinBuiltinEventLogReadersGroup, "ER", "Event Log Readers", "BUILTIN", SidTypeAlias, 5, 2, 32, 573),
	FIXED(WinBuiltinCertSvcDComAccessGroup, "CD", "Certificate Service DCOM Access", "BUILTIN", SidTypeAlias, 5, 2, 32, 574),
	FIXED(WinBuiltinRDSRemoteAccessServersSid, "RA", "RDS Remote Access Servers", "BUILTIN", SidTypeAlias, 5, 2, 32, 575),
	FIXED(WinBuiltinRDSEndpointServersSid, "ES", "RDS Endpoint Servers", "BUILTIN", SidTypeAlias, 5, 2, 32, 576),
	FIXED(WinBuiltinRDSManagementServersSid, "MS", "RDS Management Servers", "BUILTIN", SidTypeAlias, 5, 2, 32, 577),
	FIXED(WinBuiltinHyperVAdminsSid, "HA", "Hyper-V Administrators", "BUILTIN", SidTypeAlias, 5, 2, 32, 578),
	FIXED(WinBuiltinAccessControlAssistanceOperatorsSid, "AA", "Access Control Assistance Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 579),
	FIXED(WinBuiltinRemoteManagementUsersSid, "RM", "Remote Management Users", "BUILTIN", SidTypeAlias, 5, 2, 32, 580),
	FIXED(WinBuiltinDefaultSystemManagedGroupSid, NULL, "System Managed Accounts Group", "BUILTIN", SidTypeAlias, 5, 2, 32, 581),
	FIXED(WinBuiltinStorageReplicaAdminsSid, NULL, "Storage Replica Administrators", "BUILTIN", SidTypeAlias, 5, 2, 32, 582),
	FIXED(WinBuiltinDeviceOwnersSid, NULL, "Device Owners", "BUILTIN", SidTypeAlias, 5, 2, 32, 583),
	FIXED(KNOWN_SID_NO_TYPE, "HO", "User Mode Hardware Operators", "BUILTIN", SidTypeAlias, 5, 2, 32, 584),
	FIXED(WinEnterpriseReadonlyControllersSid, NULL, "ENTERPRISE READ-ONLY DOMAIN CONTROLLERS BETA", "NT AUTHORITY", SidTypeWellKnownGroup, 5, 1, 22),
	FIXED(WinApplicationPackageAuthoritySid, NULL, "APPLICATION PACKAGE AUTHORITY", "APPLICATION PACKAGE AUTHORITY", SidTypeDomain, 15, 1, 2),
	FIXED(WinBuiltinAnyPackageSid, "AC", "ALL APPLICATION PACKAGES", "APPLICATION PACKAGE AUTHORITY", SidTypeWellKnownGroup, 15, 2, 2, 1),
	FIXED(WinCapabilityInternetClientSid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 1),
	FIXED(WinCapabilityInternetClientServerSid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 2),
	FIXED(WinCapabilityPrivateNetworkClientServerSid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 3),
	FIXED(WinCapabilityPicturesLibrarySid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 4),
	FIXED(WinCapabilityVideosLibrarySid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 5),
	FIXED(WinCapabilityMusicLibrarySid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 6),
	FIXED(WinCapabilityDocumentsLibrarySid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 7),
	FIXED(WinCapabilityEnterpriseAuthenticationSid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 8),
	FIXED(WinCapabilitySharedUserCertificatesSid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 9),
	FIXED(WinCapabilityRemovableStorageSid, NULL, NULL, NULL, SidTypeWellKnownGroup, 15, 2, 3, 10),
	FIXED(WinUntrustedLabelSid, NULL, "Untrusted Mandatory Level", "Mandatory Label", SidTypeLabel, 16, 1, 0),
	FIXED(WinLowLabelSid, "LW", "Low Mandatory Level", "Mandatory Label", SidTypeLabel, 16, 1, 4096),
	FIXED(WinMediumLabelSid, "ME", "Medium Mandatory Level", "Mandatory Label", SidTypeLabel, 16, 1, 8192),
	FIXED(WinMediumPlusLabelSid, "MP", "Medium Plus Mandatory Level", "Mandatory Label", SidTypeLabel, 16, 1, 8448),
	FIXED(WinHighLabelSid, "HI", "High Mandatory Level", "Mandatory Label", SidTypeLabel, 16, 1, 12288),
	FIXED(WinSystemLabelSid, "SI", "System Mandatory Level", "Mandatory Label", SidTypeLabel, 16, 1, 16384),
	FIXED(WinAuthenticationAuthorityAssertedSid, "AS", "Authentication authority asserted identity", "", SidTypeWellKnownGroup, 18, 1, 1),
	FIXED(WinAuthenticationServiceAssertedSid, "SS", "Service asserted identity", "", SidTypeWellKnownGroup, 18, 1, 2),
	FIXED(WinAuthenticationFreshKeyAuthSid, NULL, "Fresh public key identity", "", SidTypeWellKnownGroup, 18, 1, 3),
	FIXED(WinAuthenticationKeyTrustSid, NULL, "Key trust identity", "", SidTypeWellKnownGroup, 18, 1, 4),
	FIXED(WinAuthenticationKeyPropertyMFASid, NULL, "Key property multi-factor authentication", "", SidTypeWellKnownGroup, 18, 1, 5),
	FIXED(WinAuthenticationKeyPropertyAttestationSid, NULL, "Key property attestation", "", SidTypeWellKnownGroup, 18, 1, 6),
	FIXED(KNOWN_SID_NO_TYPE, NULL, "Unix User", "Unix User", SidTypeDomain, 22, 1, 1),
	FIXED(KNOWN_SID_NO_TYPE, NULL, "Unix Group", "Unix Group", SidTypeDomain, 22, 1, 2),
	IN_DOMAIN(WinAccountAdministratorSid, KNOWN_SID_OF_MACHINE, "LA", SidTypeUser, 500),
	IN_DOMAIN(WinAccountGuestSid, KNOWN_SID_OF_MACHINE, "LG", SidTypeUser, 501),
	IN_DOMAIN(WinNewEnterpriseReadonlyControllersSid, KNOWN_SID_OF_DOMAIN, "RO", SidTypeGroup, 498),
	IN_DOMAIN(WinAccountKrbtgtSid, KNOWN_SID_OF_DOMAIN, NULL, SidTypeGroup, 502),
	IN_DOMAIN(WinAccountDomainAdminsSid, KNOWN_SID_OF_DOMAIN, "DA", SidTypeGroup, 512),
	IN_DOMAIN(WinAccountDomainUsersSid, KNOWN_SID_OF_DOMAIN, "DU", SidTypeGroup, 513),
	IN_DOMAIN(WinAccountDomainGuestsSid, KNOWN_SID_OF_DOMAIN, "DG", SidTypeGroup, 514),
	IN_DOMAIN(WinAccountComputersSid, KNOWN_SID_OF_DOMAIN, "DC", SidTypeGroup, 515),
	IN_DOMAIN(WinAccountControllersSid, KNOWN_SID_OF_DOMAIN, "DD", SidTypeGroup, 516),
	IN_DOMAIN(WinAccountCertAdminsSid, KNOWN_SID_OF_DOMAIN, "CA", SidTypeGroup, 517),
	IN_DOMAIN(WinAccountSchemaAdminsSid, KNOWN_SID_OF_DOMAIN, "SA", SidTypeGroup, 518),
	IN_DOMAIN(WinAccountEnterpriseAdminsSid, KNOWN_SID_OF_DOMAIN, "EA", SidTypeGroup, 519),
	IN_DOMAIN(WinAccountPolicyAdminsSid, KNOWN_SID_OF_DOMAIN, "PA", SidTypeGroup, 520),
	IN_DOMAIN(WinAccountReadonlyControllersSid, KNOWN_SID_OF_DOMAIN, NULL, SidTypeGroup, 521),
	IN_DOMAIN(WinAccountCloneableControllersSid, KNOWN_SID_OF_DOMAIN, "CN", SidTypeGroup, 522),
	IN_DOMAIN(WinAccountProtectedUsersSid, KNOWN_SID_OF_DOMAIN, "AP", SidTypeGroup, 525),
	IN_DOMAIN(WinAccountKeyAdminsSid, KNOWN_SID_OF_DOMAIN, "KA", SidTypeGroup, 526),
	IN_DOMAIN(WinAccountEnterpriseKeyAdminsSid, KNOWN_SID_OF_DOMAIN, "EK", SidTypeGroup, 527),
	IN_DOMAIN(WinAccountRasAndIasServersSid, KNOWN_SID_OF_DOMAIN, "RS", SidTypeGroup, 553),
	IN_DOMAIN(WinCacheablePrincipalsGroupSid, KNOWN_SID_OF_DOMAIN, NULL, SidTypeGroup, 571),
	IN_DOMAIN(WinNonCacheablePrincipalsGroupSid, KNOWN_SID_OF_DOMAIN, NULL, SidTypeGroup, 572),
};
/* clang-format on */

#define N_KNOWN (sizeof(known_sids) / sizeof(known_sids[0]))

const struct known_sid *known_sid_at(size_t i)
{
	return i < N_KNOWN ? &known_sids[i] : NULL;
}

const struct known_sid *known_sid_by_type(int type)
{
	if (type == KNOWN_SID_NO_TYPE)
		return NULL;
	for (size_t i = 0; i < N_KNOWN; i++)
		if (known_sids[i].type == type)
			return &known_sids[i];
	return NULL;
}

static WCHAR capital(WCHAR c)
{
	return c >= 'a' && c <= 'z' ? (WCHAR)(c - 'a' + 'A') : c;
}

const struct known_sid *known_sid_by_alias(WCHAR first, WCHAR second)
{
	for (size_t i = 0; i < N_KNOWN; i++) {
		const char *alias = known_sids[i].alias;

		if (alias && capital(first) == (WCHAR)alias[0] &&
		    capital(second) == (WCHAR)alias[1])
			return &known_sids[i];
	}
	return NULL;
}

const struct known_sid *known_sid_find(const void *sid)
{
	DWORD bytes[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	uint32_t len = securitydesc_sid_len(sid);

	for (size_t i = 0; i < N_KNOWN; i++) {
		if (known_sids[i].kind == KNOWN_SID_OF_DOMAIN ||
		    known_sid_len(&known_sids[i], NULL) != len)
			continue;
		known_sid_write(&known_sids[i], NULL, bytes);
		if (memcmp(bytes, sid, len) == 0)
			return &known_sids[i];
	}
	return NULL;
}

DWORD known_sid_len(const struct known_sid *known, const void *domain)
{
	if (known->kind == KNOWN_SID_FIXED)
		return GetSidLengthRequired(known->n_subs);
	return securitydesc_sid_len(domain ? domain : machine_sid()) +
	       (DWORD)sizeof(DWORD);
}

void known_sid_write(const struct known_sid *known, const void *domain, void *sid)
{
	SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, known->authority}};
	SID *s = sid;

	if (known->kind == KNOWN_SID_FIXED) {
		InitializeSid(sid, &authority, known->n_subs);
		for (BYTE i = 0; i < known->n_subs; i++)
			*GetSidSubAuthority(sid, i) = known->subs[i];
		return;
	}
	domain = domain ? domain : machine_sid();
	memcpy(sid, domain, securitydesc_sid_len(domain));
	*GetSidSubAuthority(sid, s->SubAuthorityCount++) = known->subs[0];
}
