package simulator_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// TestAdditionsInGroups checks that votes, reactions, edits and revocations find their message among those of several
// people, whichever way these are addressed, and that only admins delete what others wrote.
//
// covers: BuildRevoke BuildPollVote BuildReaction DecryptPollVote DecryptSecretEncryptedMessage DecryptReaction
func TestAdditionsInGroups(t *testing.T) {
	t.Parallel()
	for _, byNumber := range []bool{false, true} {
		t.Run(fmt.Sprint("by number ", byNumber), func(t *testing.T) {
			t.Parallel()
			c := newCircle(t)
			made, _, err := c.ann.CreateGroup(patient(t), simulator.NewGroup{
				Subject: "Club", Members: []string{leadNumber, thirdNumber}, ByNumber: byNumber, Expires: 86400,
			})
			require.NoError(t, err)
			club, err := types.ParseJID(made.JID)
			require.NoError(t, err)
			for _, member := range []*client{c.a, c.b} {
				await(member, func(j *events.JoinedGroup) bool { return j.JID == club })
			}
			send := func(p *simulator.Phone, content simulator.Content, options ...simulator.Option) string {
				t.Helper()
				id, err := p.Send(patient(t), made.JID, content, options...)
				require.NoError(t, err)
				return id
			}
			all := []*simulator.Phone{c.ann, c.bob, c.cid}

			byPhone := send(c.cid, simulator.Poll{Name: "Where?", Options: []string{"here", "there"}})
			byClient := c.b.says(club, c.b.BuildPollCreation("When?", []string{"now", "then"}, 1)).ID
			require.EqualValues(t, 86400, c.a.gets(byPhone).Message.GetPollCreationMessage().GetContextInfo().GetExpiration())
			vote, err := c.a.BuildPollVote(patient(t), &c.a.gets(byPhone).Info, []string{"there"})
			require.NoError(t, err)
			c.a.says(club, vote)
			cids := send(c.cid, simulator.Vote{MessageID: byClient, Options: []string{"then"}})
			for _, reader := range []*client{c.a, c.b} {
				opened, err := reader.DecryptPollVote(patient(t), reader.gets(cids))
				require.NoError(t, err)
				require.Equal(t, hashes("then"), opened.GetSelectedOptions())
			}
			for _, p := range all {
				require.Equal(t, []string{agentNumber}, sees(t, p, byPhone).Poll.Options[1].Voters)
				require.Equal(t, []string{thirdNumber}, sees(t, p, byClient).Poll.Options[1].Voters)
			}

			bobs := c.a.gets(byClient).Info
			c.a.says(club, c.a.BuildReaction(club, bobs.Sender, byClient, "👍"))
			secret := send(c.cid, simulator.Reaction{MessageID: byClient, Emoji: "🎉", Encrypted: true})
			reaction, err := c.a.DecryptReaction(patient(t), c.a.gets(secret))
			require.NoError(t, err)
			require.Equal(t, "🎉", reaction.GetText())
			for _, p := range all {
				require.Equal(t, []simulator.Reacted{{From: agentNumber, Emoji: "👍"}, {From: thirdNumber, Emoji: "🎉"}}, sees(t, p, byClient).Reactions)
			}

			reply := send(c.cid, simulator.Text{Body: "cmoing"}, simulator.ReplyTo(byClient), simulator.Mention(leadNumber))
			quoting := c.a.gets(reply).Message.GetExtendedTextMessage().GetContextInfo()
			require.Equal(t, bobs.Sender.ToNonAD().String(), quoting.GetParticipant())
			require.Equal(t, []string{bobs.Sender.ToNonAD().String()}, quoting.GetMentionedJID())
			edit := send(c.cid, simulator.Edit{MessageID: reply, Text: "coming", Encrypted: true})
			opened, err := c.a.DecryptSecretEncryptedMessage(patient(t), c.a.gets(edit))
			require.NoError(t, err)
			require.Equal(t, "coming", opened.GetProtocolMessage().GetEditedMessage().GetExtendedTextMessage().GetText())

			_, err = c.cid.Send(patient(t), made.JID, simulator.Revoke{MessageID: byClient})
			require.ErrorIs(t, err, simulator.ErrRefused)
			forged := c.b.says(club, c.b.BuildRevoke(club, c.b.gets(reply).Info.Sender, reply)).ID
			require.True(t, sees(t, c.cid, forged).Ignored)
			require.Equal(t, "coming", sees(t, c.cid, reply).Text)
			revoked := c.b.gets(send(c.ann, simulator.Revoke{MessageID: byClient}))
			require.Equal(t, types.EditAttributeAdminRevoke, revoked.Info.Edit)
			require.Equal(t, waE2E.ProtocolMessage_REVOKE, revoked.Message.GetProtocolMessage().GetType())
			c.a.says(club, c.a.BuildRevoke(club, c.a.gets(reply).Info.Sender, reply))
			for _, p := range all {
				require.True(t, sees(t, p, byClient).Revoked)
				require.True(t, sees(t, p, reply).Revoked)
			}
		})
	}
}
