package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// NewCommunity is a community to make.
type NewCommunity struct {
	Subject     string `json:"subject" minLength:"1" maxLength:"100" doc:"What the community is called"`
	Description string `json:"description,omitempty" maxLength:"2048"`
	Approval    bool   `json:"approval,omitempty" doc:"Admins let in who joins by the link"`
}

// CommunityGroupPath names a group of a community.
type CommunityGroupPath struct {
	GroupPath
	Child string `path:"child" maxLength:"64" doc:"The address of the group that is in the community, or is to be"`
}

func (s *Server) communityRoutes(seat string) {
	const tag = "Groups"
	groups := seat + "/communities/{group}/groups"
	operation(s, ask("POST", seat+"/communities", "createCommunity", tag, "Make a community with its announcement group", 201), s.createCommunity)
	operation(s, ask("GET", groups, "listCommunityGroups", tag, "The groups of a community", 200), s.listCommunityGroups)
	operation(s, ask("PUT", groups+"/{child}", "linkGroup", tag, "Put a group into a community", 204), s.linkGroup)
	operation(s, ask("DELETE", groups+"/{child}", "unlinkGroup", tag, "Take a group out of its community", 204), s.unlinkGroup)
}

func (s *Server) createCommunity(ctx context.Context, request *seatDo[NewCommunity]) (*answered[engine.Group], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Communities) (engine.Group, error) {
		return client.CreateCommunity(ctx, engine.NewCommunity(request.Body))
	})
}

func (s *Server) listCommunityGroups(ctx context.Context, request *GroupPath) (*answered[Items[engine.CommunityGroup]], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Communities) (Items[engine.CommunityGroup], error) {
		return items(client.CommunityGroups(ctx, request.address()))
	})
}

func (s *Server) linkGroup(ctx context.Context, request *CommunityGroupPath) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Communities) error {
		return client.LinkGroup(ctx, request.address(), engine.Address(request.Child))
	})
}

func (s *Server) unlinkGroup(ctx context.Context, request *CommunityGroupPath) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Communities) error {
		return client.UnlinkGroup(ctx, request.address(), engine.Address(request.Child))
	})
}
